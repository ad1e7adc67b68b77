//! A server that speaks S3, in this process, for tests and benchmarks.

// Each of those that include this uses a part of it.
#![allow(dead_code, unused_imports)]

/// What goes wrong on the way to it.
pub mod faults;
/// What it keeps.
pub mod shelf;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::runtime::Runtime;

pub use faults::{Answer, Counts, Faults, Network};
pub use shelf::{Habits, Lost, Shelf};

/// The credentials that the server takes; there is nothing that they open.
pub const KEY_ID: &str = "test";
pub const KEY: &str = "test-only-and-no-secret";
pub const BUCKET: &str = "lake";

/// A server on loopback. It ends when it is dropped.
pub struct Server {
    pub shelf: Shelf,
    pub network: Network,
    address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Server {
    /// One bucket, as S3 behaves.
    pub fn new() -> Self {
        Self::with(Habits::default())
    }

    /// One bucket, with habits.
    pub fn with(habits: Habits) -> Self {
        let shelf = Shelf::new(&[BUCKET], habits);
        let mut builder = S3ServiceBuilder::new(shelf.clone());
        builder.set_auth(SimpleAuth::from_single(KEY_ID, KEY));
        let service = builder.build();
        let network = Network::default();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
            .unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(serve(listener, service, network.clone(), shelf.clone()));
        Self {
            shelf,
            network,
            address,
            runtime: Some(runtime),
        }
    }

    /// Where it listens.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn serve(
    listener: tokio::net::TcpListener,
    service: S3Service,
    network: Network,
    shelf: Shelf,
) {
    let (service, shelf) = (Arc::new(service), Arc::new(shelf));
    while let Ok((socket, _)) = listener.accept().await {
        let _ = socket.set_nodelay(true);
        let (service, network, shelf) = (service.clone(), network.clone(), shelf.clone());
        tokio::spawn(async move {
            let one = service_fn(move |request| {
                let (service, network, shelf) = (service.clone(), network.clone(), shelf.clone());
                async move { network.carry(&service, &shelf, request).await }
            });
            let serving = hyper::server::conn::http1::Builder::new();
            // It ends in an error where a fault has cut it.
            let _ = serving.serve_connection(TokioIo::new(socket), one).await;
        });
    }
}

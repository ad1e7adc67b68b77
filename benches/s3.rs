//! The S3 store against a bare loop over the same SDK, at the same concurrency,
//! with a server of its own process on loopback.
//!
//! What counts is the ratio of the medians; the peak memory is that of a process
//! that does nothing but upload.
//!
//!     cargo bench --bench s3 -- [--megabytes N] [--keys N] [--runs N] [--gigabytes N]

#[path = "measured/arguments.rs"]
mod arguments;
#[path = "../tests/bucket/mod.rs"]
mod bucket;
mod measured;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use arguments::number;
use bucket::{BUCKET, Habits, KEY, KEY_ID, Server};
use measured::{measure, median};
use workbench::model::hash::ContentHash;
use workbench::model::interrupt::Interrupt;
use workbench::model::token::WriterToken;
use workbench::project::S3Settings;
use workbench::store::cache::Cache;
use workbench::store::s3::{Bucket, Condition, PutAtOnce, S3Store, Upload, Wanted};
use workbench::store::{Body, Expect, Mark, Store};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.as_slice() {
        [flag, sink] if flag == "--server" => return serve(sink == "sink"),
        [flag, endpoint, file] if flag == "--upload" => return upload_alone(endpoint, file),
        _ => {}
    }
    let bytes = number("--megabytes", 512) * 1_000_000;
    let (keys, runs) = (number("--keys", 1_000), number("--runs", 5) as usize);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runtime = Runtime::new().expect("a runtime");
    let (_server, endpoint) = start("keep");
    let ours = handle(&endpoint);
    let bare = Bare::new(&runtime, &endpoint, ours.settings());

    let large = folder.path().join("large");
    write_noise(&large, bytes);
    let (mut up, mut down) = (Ratio::default(), Ratio::default());
    for run in 0..=runs {
        let counts = run > 0;
        up.add(
            counts,
            || bare.upload("bare", &large),
            || upload(&ours, "ours", &large),
        );
        let to = folder.path().join("fetched");
        down.add(
            counts,
            || bare.download("bare", bytes, &to),
            || download(&ours, "ours", bytes, &to),
        );
    }
    let mega = bytes as f64 / 1e6;
    up.tell(&format!("up, {mega} MB"), mega, "MB/s", 0.9);
    down.tell(&format!("down, {mega} MB"), mega, "MB/s", 0.9);

    let small = folder.path().join("small");
    write_noise(&small, 10_000);
    let mut puts = Ratio::default();
    for run in 0..=runs {
        let store = S3Store::open(
            ours.clone(),
            &format!("small/{run}"),
            String::new(),
            Cache::new(folder.path().join("cache"), 0),
            &folder.path().join("memory"),
        );
        // The probe is made once per target.
        let mark = mark_of(b"");
        store
            .put_if_absent("_workbench/owner.json", b"", &mark)
            .expect("a put");
        puts.add(
            run > 0,
            || bare.puts(&format!("bare/{run}"), keys, &small),
            || {
                let marked = mark_of(&std::fs::read(&small).expect("the file"));
                for key in 0..keys {
                    let body = Body::File(&small);
                    let key = format!("dataset/part-{key}.parquet");
                    store
                        .put_if_match(&key, body, &Expect::Absent, &marked)
                        .expect("a put");
                }
            },
        );
    }
    puts.tell(
        &format!("{keys} partitions of 10 kB, one by one"),
        keys as f64,
        "puts/s",
        1.0 / 1.2,
    );

    let gigabytes = number("--gigabytes", 5);
    let (_sink, endpoint) = start("sink");
    let huge = folder.path().join("huge");
    let file = File::create(&huge).and_then(|f| f.set_len(gigabytes << 30));
    file.expect("a sparse file");
    let mut command = this();
    command.arg("--upload").arg(&endpoint).arg(&huge);
    let (run, _) = measure(command);
    println!("an upload of {gigabytes} GiB in a process of its own: {run}; asked: at most 200 MB");
}

/// Times of both, in turn.
#[derive(Default)]
struct Ratio {
    bare: Vec<f64>,
    ours: Vec<f64>,
}

impl Ratio {
    fn add(&mut self, counts: bool, bare: impl FnOnce(), ours: impl FnOnce()) {
        for (times, act) in [
            (&mut self.bare, Box::new(bare) as Box<dyn FnOnce()>),
            (&mut self.ours, Box::new(ours)),
        ] {
            let started = Instant::now();
            act();
            if counts {
                times.push(started.elapsed().as_secs_f64());
            }
        }
    }

    fn tell(&self, what: &str, amount: f64, unit: &str, asked: f64) {
        let (bare, ours) = (median(self.bare.clone()), median(self.ours.clone()));
        println!(
            "{what}: {:.0} {unit}, bare loop {:.0}; {:.2} of it, asked: at least {asked:.2}",
            amount / ours,
            amount / bare,
            bare / ours
        );
    }
}

fn this() -> Command {
    Command::new(std::env::current_exe().expect("this program"))
}

/// A server in a process of its own, ended with this one's standard input.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(kind: &str) -> (Serving, String) {
    let mut command = this();
    command.arg("--server").arg(kind).stdout(Stdio::piped());
    let mut child = command.stdin(Stdio::piped()).spawn().expect("a server");
    let mut endpoint = String::new();
    let out = child.stdout.take().expect("its output");
    BufReader::new(out)
        .read_line(&mut endpoint)
        .expect("its endpoint");
    (Serving(child), endpoint.trim().to_owned())
}

fn serve(sink: bool) {
    let server = Server::with(Habits {
        sink,
        ..Habits::default()
    });
    println!("{}", server.endpoint());
    let _ = std::io::stdin().lines().count();
}

fn handle(endpoint: &str) -> Bucket {
    let settings = S3Settings {
        endpoint: Some(endpoint.to_owned()),
        region: Some("us-east-1".to_owned()),
        ..S3Settings::default()
    };
    Bucket::signed(BUCKET, &settings, &Interrupt::default(), (KEY_ID, KEY))
}

fn mark_of(bytes: &[u8]) -> Mark {
    Mark {
        token: WriterToken::from_stored("1-bench"),
        blake3: ContentHash::of(bytes),
    }
}

fn upload(bucket: &Bucket, key: &str, file: &Path) {
    let upload = Upload {
        key,
        body: Body::File(file),
        condition: Condition::Any,
        mark: None,
        generation: "0",
        before: &PutAtOnce::default(),
        other_etag: false,
        at_once: false,
    };
    bucket.upload(&upload, &mut |_| {}).expect("an upload");
}

fn upload_alone(endpoint: &str, file: &str) {
    upload(&handle(endpoint), "huge", Path::new(file));
}

fn download(bucket: &Bucket, key: &str, size: u64, to: &Path) {
    let head = bucket.head(key).expect("an answer").expect("an object");
    let wanted = Wanted {
        key: key.to_owned(),
        etag: Some(head.etag),
        version: None,
        size,
    };
    bucket
        .download(&wanted, to, &mut |_| {})
        .expect("a download");
}

fn write_noise(path: &Path, bytes: u64) {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"noise");
    let mut noise = vec![0; usize::try_from(bytes).expect("it fits")];
    hasher.finalize_xof().fill(&mut noise);
    std::fs::write(path, noise).expect("the file can be written");
}

/// The SDK as somebody would use it who trusts everything.
struct Bare<'r> {
    runtime: &'r Runtime,
    client: Client,
    part: u64,
    concurrency: usize,
}

impl<'r> Bare<'r> {
    fn new(runtime: &'r Runtime, endpoint: &str, settings: &S3Settings) -> Self {
        let config = aws_sdk_s3::config::Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new(KEY_ID, KEY, None, None, "bench"))
            .endpoint_url(endpoint)
            .force_path_style(true)
            .build();
        Self {
            runtime,
            client: Client::from_conf(config),
            part: settings.part_size,
            concurrency: settings.concurrency,
        }
    }

    fn upload(&self, key: &'static str, file: &Path) {
        self.runtime.block_on(async {
            let create = self
                .client
                .create_multipart_upload()
                .bucket(BUCKET)
                .key(key);
            let begun = create
                .checksum_algorithm(ChecksumAlgorithm::Crc32)
                .send()
                .await;
            let id = begun.expect("an upload").upload_id.expect("its id");
            let file = Arc::new(File::open(file).expect("the file"));
            let size = file.metadata().expect("its size").len();
            let mut running = JoinSet::new();
            let mut parts = Vec::new();
            let mut next = 0;
            loop {
                while running.len() < self.concurrency && next * self.part < size {
                    let (client, id, file) = (self.client.clone(), id.clone(), file.clone());
                    let (at, number) = (next * self.part, next as i32 + 1);
                    let length = self.part.min(size - at) as usize;
                    next += 1;
                    running.spawn(async move {
                        let bytes = tokio::task::spawn_blocking(move || {
                            let mut bytes = vec![0; length];
                            file.read_exact_at(&mut bytes, at).expect("bytes");
                            bytes
                        });
                        let body = ByteStream::from(bytes.await.expect("bytes"));
                        let part = client.upload_part().bucket(BUCKET).key(key).upload_id(id);
                        let part = part.part_number(number).body(body);
                        let sent = part
                            .checksum_algorithm(ChecksumAlgorithm::Crc32)
                            .send()
                            .await;
                        let sent = sent.expect("a part");
                        CompletedPart::builder()
                            .part_number(number)
                            .set_e_tag(sent.e_tag)
                            .set_checksum_crc32(sent.checksum_crc32)
                            .build()
                    });
                }
                let Some(part) = running.join_next().await else {
                    break;
                };
                parts.push(part.expect("a part"));
            }
            parts.sort_by_key(|p| p.part_number);
            let parts = CompletedMultipartUpload::builder()
                .set_parts(Some(parts))
                .build();
            let end = self
                .client
                .complete_multipart_upload()
                .bucket(BUCKET)
                .key(key);
            let end = end.upload_id(id).multipart_upload(parts).send().await;
            end.expect("the end");
        });
    }

    fn download(&self, key: &'static str, size: u64, to: &Path) {
        self.runtime.block_on(async {
            let file = Arc::new(File::create(to).expect("a file"));
            let mut running = JoinSet::new();
            let mut at = 0;
            loop {
                while running.len() < self.concurrency && at < size {
                    let (client, file, from) = (self.client.clone(), file.clone(), at);
                    let last = size.min(at + self.part) - 1;
                    at = last + 1;
                    running.spawn(async move {
                        let get = client.get_object().bucket(BUCKET).key(key);
                        let get = get.range(format!("bytes={from}-{last}")).send().await;
                        let mut body = get.expect("a range").body;
                        let mut at = from;
                        while let Some(bytes) = body.try_next().await.expect("bytes") {
                            file.write_all_at(&bytes, at).expect("a write");
                            at += bytes.len() as u64;
                        }
                    });
                }
                if running.join_next().await.is_none() {
                    break;
                }
            }
        });
    }

    fn puts(&self, prefix: &str, keys: u64, file: &Path) {
        self.runtime.block_on(async {
            for key in 0..keys {
                let bytes = std::fs::read(file).expect("the file");
                let put = self.client.put_object().bucket(BUCKET);
                let put = put
                    .key(format!("{prefix}/part-{key}.parquet"))
                    .if_none_match("*");
                put.body(ByteStream::from(bytes))
                    .send()
                    .await
                    .expect("a put");
            }
        });
    }
}

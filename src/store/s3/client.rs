//! The SDK's client, made from the settings and from what the standard AWS chain
//! finds: environment, profile, SSO, process, the machine's role.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    ConfigBag, Credentials, Intercept, RequestChecksumCalculation, ResponseChecksumValidation,
    RuntimeComponents, StalledStreamProtectionConfig,
};
use aws_sdk_s3::error::BoxError;

use crate::project::S3Settings;
use crate::project::s3::is_loopback;

/// Where nothing says anything. S3 answers a request to a wrong region with the
/// right one; most clones take any.
const DEFAULT_REGION: &str = "us-east-1";

/// How long a connection may take to be made, if requests may take longer.
const CONNECT: Duration = Duration::from_secs(10);
/// Slower than this, a body is given up: it has the time of a request, and this
/// many bytes per second on top.
const SLOWEST: u64 = 64 * 1024;

/// Credentials that are given instead of found.
pub(super) struct Given {
    pub id: String,
    pub secret: String,
}

/// A client, the region it asks, and where it asks, for messages.
pub(super) struct Made {
    pub client: Client,
    pub region: String,
    pub endpoint: String,
    /// The one that is set, not what the environment names.
    pub profile: Option<String>,
    /// What the first request was sent to: scheme, host and port. It knows what the
    /// endpoint does not, such as one that the environment names for S3 alone.
    pub sent_to: Arc<OnceLock<String>>,
}

pub(super) async fn make(settings: &S3Settings, given: Option<&Given>) -> Made {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if let Some(Given { id, secret }) = given {
        loader = loader.credentials_provider(Credentials::new(id, secret, None, None, "given"));
    }
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &settings.region {
        loader = loader.region(Region::new(region.clone()));
    }
    let found = loader.load().await;
    let region = found
        .region()
        .cloned()
        .unwrap_or_else(|| Region::new(DEFAULT_REGION));
    let mut config = aws_sdk_s3::config::Builder::from(&found)
        .region(region.clone())
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(settings.retries + 1)
                .with_initial_backoff(Duration::from_millis(250))
                .with_max_backoff(Duration::from_secs(10)),
        )
        .timeout_config(timeouts(settings, 0))
        // It takes a server that thinks for one that stalls; time is kept per
        // request and per piece of a body instead.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        // CRC32 on all that is sent, and what the server tells is checked on all
        // that is received: S3 and its clones both answer that.
        .request_checksum_calculation(RequestChecksumCalculation::WhenSupported)
        .response_checksum_validation(ResponseChecksumValidation::WhenSupported);
    let sent_to = Arc::default();
    config = config.interceptor(SentTo(Arc::clone(&sent_to)));
    if !settings.allow_http {
        config = config.interceptor(OnlyTls);
    }
    if let Some(endpoint) = &settings.endpoint {
        config = config.endpoint_url(endpoint);
    }
    let elsewhere = settings
        .endpoint
        .clone()
        .or_else(|| found.endpoint_url().map(str::to_owned));
    config = config.force_path_style(settings.path_style.unwrap_or(elsewhere.is_some()));
    Made {
        client: Client::from_conf(config.build()),
        endpoint: elsewhere.unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com")),
        region: region.to_string(),
        profile: settings.profile.clone(),
        sent_to,
    }
}

/// Notes where the first request goes.
#[derive(Debug)]
struct SentTo(Arc<OnceLock<String>>);

impl Intercept for SentTo {
    fn name(&self) -> &'static str {
        "SentTo"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.get_or_init(|| {
            let to = context.request().uri().split('/').take(3);
            to.collect::<Vec<_>>().join("/")
        });
        Ok(())
    }
}

/// What [`OnlyTls`] says, for `fail.rs`.
pub(super) const PLAIN: &str = "plain http";

/// Refuses `http://` beyond this machine, wherever the endpoint was named: the
/// environment and the profile can name one too.
#[derive(Debug)]
struct OnlyTls;

impl Intercept for OnlyTls {
    fn name(&self) -> &'static str {
        "OnlyTls"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match context.request().uri().strip_prefix("http://") {
            Some(rest) if !is_loopback(rest.split('/').next().unwrap_or_default()) => {
                Err(PLAIN.into())
            }
            _ => Ok(()),
        }
    }
}

/// How one request is tried that sends this many bytes: as all are, or once.
pub(super) fn attempts(
    settings: &S3Settings,
    bytes: u64,
    once: bool,
) -> aws_sdk_s3::config::Builder {
    let config = aws_sdk_s3::config::Builder::new().timeout_config(timeouts(settings, bytes));
    match once {
        true => config.retry_config(RetryConfig::disabled()),
        false => config,
    }
}

/// How long one attempt of a request may take that sends this many bytes.
pub(super) fn timeouts(settings: &S3Settings, bytes: u64) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT.min(settings.timeout))
        .operation_attempt_timeout(settings.timeout + Duration::from_secs(bytes / SLOWEST))
        .build()
}

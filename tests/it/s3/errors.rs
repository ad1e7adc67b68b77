//! What a server refuses, and what a person is told to do about it.

use super::Cloud;
use crate::bucket::{Answer, Habits, KEY, Server};

fn answer(status: u16, code: &'static str) -> Answer {
    Answer {
        status,
        code,
        message: "as the test wishes",
        headers: Vec::new(),
        to: String::new(),
    }
}

/// The error of an export, without what differs between runs.
fn told(cloud: &Cloud, code: i32) -> String {
    let ended = cloud.run(&["export"]).expect(code);
    assert!(!ended.stderr.contains(KEY), "a secret: {}", ended.stderr);
    let at = ended.stderr.find("error: ").unwrap_or(0);
    ended.stderr[at..].replace(&cloud.server.endpoint(), "http://ENDPOINT")
}

#[test]
fn each_says_what_to_do() {
    let cloud = Cloud::shop(Habits::default());
    cloud.configure("retries = 0\n");
    let with = |answer: Answer, code: i32| {
        cloud.server.network.answer(Some(answer));
        told(&cloud, code)
    };
    insta::assert_snapshot!(with(answer(400, "ExpiredToken"), 1), @r#"
    error: the AWS credentials have expired, says the server of the bucket `lake`
    hint: sign in again (`aws sso login`), or set new credentials, and repeat the command
    "#);
    insta::assert_snapshot!(with(answer(403, "InvalidAccessKeyId"), 1), @r#"
    error: the server of the bucket `lake` refuses the AWS credentials: InvalidAccessKeyId
    hint: check that they belong to this server (`profile` and `endpoint` in `[s3]` of workbench.toml, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)
    "#);
    insta::assert_snapshot!(with(answer(403, "AccessDenied"), 1), @r#"
    error: access denied: `s3:GetObject` on `arn:aws:s3:::lake/sales/shop/_workbench/owner.json` (or nothing lies there, which S3 only tells those who may `s3:ListBucket` on `arn:aws:s3:::lake`)
    hint: the policy of whoever runs this must allow `s3:GetObject` on `arn:aws:s3:::lake/sales/shop/_workbench/owner.json`; docs/s3.md lists what each role needs
    "#);
    insta::assert_snapshot!(with(answer(403, "RequestTimeTooSkewed"), 1), @r#"
    error: the clock of this machine differs too much from that of the bucket `lake`
    hint: set the clock of this machine (requests are signed with the time)
    "#);
    insta::assert_snapshot!(with(answer(404, "NoSuchBucket"), 2), @r#"
    error: there is no bucket `lake` at http://ENDPOINT
    hint: check its name, or make it (`aws s3 mb`); `endpoint` in `[s3]` of workbench.toml says where it is looked for
    "#);
    insta::assert_snapshot!(with(Answer {
        headers: vec![("x-amz-bucket-region", "eu-central-1")],
        ..answer(301, "PermanentRedirect")
    }, 2), @r#"
    error: the bucket `lake` is not in the region `us-east-1` but in `eu-central-1`
    hint: write `region = "eu-central-1"` under `[s3]` in workbench.toml
    "#);
    insta::assert_snapshot!(with(Answer {
        message: "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'ap-southeast-2'",
        ..answer(400, "AuthorizationHeaderMalformed")
    }, 2), @r#"
    error: the bucket `lake` is not in the region `us-east-1` but in `ap-southeast-2`
    hint: write `region = "ap-southeast-2"` under `[s3]` in workbench.toml
    "#);
    // Only what is put is denied.
    insta::assert_snapshot!(with(Answer {
        to: "PUT".to_owned(),
        ..answer(403, "AccessDenied")
    }, 1), @r#"
    error: access denied: `s3:PutObject` on `arn:aws:s3:::lake/sales/shop/*`
    hint: the policy of whoever runs this must allow `s3:PutObject` on `arn:aws:s3:::lake/sales/shop/*`; docs/s3.md lists what each role needs
    "#);
    // The answer to a HEAD has no name: it is asked again.
    cloud.server.network.answer(None);
    cloud.run(&["export"]).ok();
    insta::assert_snapshot!(with(Answer {
        to: "/customer-level/".to_owned(),
        ..answer(403, "AccessDenied")
    }, 1), @r#"
    error: access denied: `s3:GetObject` on `arn:aws:s3:::lake/sales/shop/customer-level/ingest_year=2024/ingest_month=11/ingest_day=03/part-0.parquet` (or nothing lies there, which S3 only tells those who may `s3:ListBucket` on `arn:aws:s3:::lake`)
    hint: the policy of whoever runs this must allow `s3:GetObject` on `arn:aws:s3:::lake/sales/shop/customer-level/ingest_year=2024/ingest_month=11/ingest_day=03/part-0.parquet`; docs/s3.md lists what each role needs
    "#);
}

#[test]
fn no_credentials_and_nobody_there() {
    let cloud = Cloud::shop(Habits::default());
    let without_credentials = || {
        let mut command = cloud.command(&["export"]);
        command
            .env_remove("AWS_ACCESS_KEY_ID")
            .env_remove("AWS_SECRET_ACCESS_KEY");
        super::Ended::of(command.output().unwrap()).expect(1).stderr
    };
    let said = without_credentials();
    let start = "error: no AWS credentials for the bucket `lake`: no credentials found in chain";
    assert!(said.contains(start), "{said}");
    assert!(said.contains("hint: set AWS_ACCESS_KEY_ID"), "{said}");
    let config = std::fs::read_to_string(cloud.world.path("workbench.toml")).unwrap();
    cloud.configure("profile = \"elsewhere\"\n");
    let said = without_credentials();
    assert!(said.contains("by the profile `elsewhere`: "), "{said}");
    assert!(said.contains("has a profile `elsewhere` with"), "{said}");
    cloud.world.write("workbench.toml", &config);
    let config = std::fs::read_to_string(cloud.world.path("workbench.toml")).unwrap();
    let nobody = config.replace(&cloud.server.endpoint(), "http://127.0.0.1:9");
    cloud
        .world
        .write("workbench.toml", &format!("{nobody}retries = 0\n"));
    insta::assert_snapshot!(told(&cloud, 1), @r#"
    error: http://127.0.0.1:9, where the bucket `lake` is to be, cannot be reached: Connection refused (os error 111)
    hint: check the network, and `endpoint` and `region` in `[s3]` of workbench.toml
    "#);
}

/// Also where the environment names the endpoint.
#[test]
fn plain_http_is_refused_beyond_this_machine() {
    let cloud = Cloud::shop(Habits::default());
    let config = std::fs::read_to_string(cloud.world.path("workbench.toml")).unwrap();
    let without = config.replace("endpoint", "# endpoint");
    cloud.world.write("workbench.toml", &without);
    let mut command = cloud.command(&["export"]);
    command.env("AWS_ENDPOINT_URL_S3", "http://192.0.2.1:9000");
    let ended = super::Ended::of(command.output().unwrap()).expect(2);
    assert!(
        ended.stderr.contains("is reached by plain http"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("`allow_http = true`"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_server_that_ignores_conditions_is_not_published_to() {
    let with = |habits: Habits| {
        let cloud = Cloud::shop(habits);
        let told = told(&cloud, 2);
        assert!(cloud.server.shelf.keys(crate::bucket::BUCKET).is_empty());
        told
    };
    insta::assert_snapshot!(with(Habits { careless_puts: true, ..Habits::default() }), @r#"
    error: s3://lake/sales/shop cannot be published to: its server takes `If-None-Match` on PutObject and pays no heed to it
    hint: two writers could replace each other's data unseen: use a server that obeys `If-None-Match` and `If-Match` (S3 does), or a folder as the target
    "#);
    insta::assert_snapshot!(with(Habits { careless_parts: true, ..Habits::default() }), @r#"
    error: s3://lake/sales/shop cannot be published to: its server takes `If-None-Match` on CompleteMultipartUpload and pays no heed to it
    hint: two writers could replace each other's data unseen: use a server that obeys `If-None-Match` and `If-Match` (S3 does), or a folder as the target
    "#);
    // What it cannot do about removals, or at the end of what replaces in parts, is no
    // reason.
    let clone = Cloud::shop(Habits {
        careless_deletes: true,
        careless_replacing_parts: true,
        ..Habits::default()
    });
    clone.run(&["export"]).ok();
    clone.world.deliver_more();
    clone.run(&["export"]).ok();
}

/// What one server heeds says nothing of another, wherever it is named.
#[test]
fn another_server_behind_the_same_name_is_asked_anew() {
    let mut cloud = Cloud::shop(Habits::default());
    let config = std::fs::read_to_string(cloud.world.path("workbench.toml")).unwrap();
    let without = config.replace("endpoint", "# endpoint");
    cloud.world.write("workbench.toml", &without);
    let export = |cloud: &Cloud, args: &[&str]| {
        let mut command = cloud.command(args);
        command.env("AWS_ENDPOINT_URL", cloud.server.endpoint());
        super::Ended::of(command.output().unwrap())
    };
    export(&cloud, &["export"]).ok();
    let first = std::mem::replace(
        &mut cloud.server,
        Server::with(Habits {
            careless_puts: true,
            ..Habits::default()
        }),
    );
    let refused = export(&cloud, &["export", "--new-target"]).expect(2);
    assert!(
        refused.stderr.contains("pays no heed to it"),
        "{}",
        refused.stderr
    );
    // And what is known of the first is not asked for again.
    cloud.server = first;
    cloud.world.deliver_more();
    cloud.server.network.forget();
    export(&cloud, &["export"]).ok();
    let counts = cloud.server.network.counts().requests;
    assert_eq!(counts.get("part"), None, "{counts:?}");
}

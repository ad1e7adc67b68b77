//! `[s3]`.

use std::time::Duration;

use super::{SOURCE, read, refused};
use crate::project::S3Settings;
use crate::project::s3::{Encryption, StorageClass};

fn s3(options: &str) -> S3Settings {
    read(&format!("{SOURCE}[s3]\n{options}")).unwrap().s3
}

#[test]
fn all_of_it_is_read() {
    assert_eq!(s3(""), S3Settings::default());
    let read = s3(r#"
endpoint = "https://minio.example:9000/"
region = "eu-central-1"
profile = "billing"
path_style = false
sse = "aws:kms"
kms_key_id = "arn:aws:kms:eu-central-1:1:key/2"
storage_class = "STANDARD_IA"
tags = { team = "billing", "cost centre" = "7" }
concurrency = 16
part_size = "64MiB"
timeout = "2m"
retries = 0
"#);
    let tags = [("team", "billing"), ("cost centre", "7")];
    let expected = S3Settings {
        endpoint: Some("https://minio.example:9000".to_owned()),
        region: Some("eu-central-1".to_owned()),
        profile: Some("billing".to_owned()),
        path_style: Some(false),
        sse: Some(Encryption::Kms),
        kms_key_id: Some("arn:aws:kms:eu-central-1:1:key/2".to_owned()),
        storage_class: Some(StorageClass::StandardIa),
        tags: tags.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        concurrency: 16,
        part_size: 64 * 1024 * 1024,
        timeout: Duration::from_secs(120),
        retries: 0,
        allow_http: false,
    };
    assert_eq!(read, expected);
}

#[test]
fn plain_http_is_for_this_machine() {
    for host in ["localhost:9000", "127.0.0.1", "127.3.2.1:80", "[::1]:9000"] {
        let url = format!("http://{host}");
        assert_eq!(s3(&format!("endpoint = \"{url}\"")).endpoint, Some(url));
    }
    for host in [
        "example.com",
        "10.0.0.1:9000",
        "localhost.example.com",
        "127.0.0.1.example.com",
    ] {
        let options = format!("endpoint = \"http://{host}\"\n");
        let shown = refused(&format!("{SOURCE}[s3]\n{options}"));
        assert!(shown.contains("`allow_http = true`"), "{shown}");
        assert!(
            s3(&format!("{options}allow_http = true"))
                .endpoint
                .is_some()
        );
    }
}

#[test]
fn what_is_wrong_is_shown_where_it_is() {
    insta::assert_snapshot!(refused(&format!("{SOURCE}[s3]\nregoin = \"x\"\n")), @r#"
    error: unknown key `regoin` in `[s3]`
      --> workbench.toml:4:1
       |
     4 | regoin = "x"
       | ^^^^^^
    hint: did you mean `region`?
    "#);
    for (options, part) in [
        ("endpoint = \"minio\"", "`https://host`"),
        ("endpoint = \"https://host/bucket\"", "without a path"),
        ("region = \"\"", "one word"),
        ("sse = \"kms\"", "`aws:kms`"),
        ("kms_key_id = \"x\"", "`sse = \"aws:kms\"`"),
        ("storage_class = \"GLACIER\"", "GLACIER_IR"),
        ("tags = { a = 1 }", "double quotes"),
        ("tags = { \"aws:a\" = \"1\" }", "does not begin with `aws:`"),
        ("concurrency = 0", "from 1 to 256"),
        ("part_size = \"4MiB\"", "5MiB"),
        ("part_size = 8", "double quotes"),
        ("timeout = \"0s\"", "`60s`"),
        ("retries = 21", "from 0 to 20"),
        ("path_style = \"yes\"", "`path_style = true`"),
    ] {
        let shown = refused(&format!("{SOURCE}[s3]\n{options}\n"));
        assert!(shown.contains(part), "{options}: {shown}");
        assert!(shown.contains("workbench.toml:4:"), "{shown}");
    }
}

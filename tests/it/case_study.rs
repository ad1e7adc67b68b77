//! The real extracts become what the original Spark job computed: every column,
//! every row. Neither the extracts nor the figures are part of this repository.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use workbench::model::interrupt::Interrupt;
use workbench::project::S3Settings;
use workbench::store::s3::Bucket;

use super::bucket::{BUCKET, KEY, KEY_ID, Server};
use super::remote_sources::with_credentials;
use super::world::{Ended, World, copy_folder};

/// Where the extracts lie, if this machine has them.
fn extracts() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/casestudy");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("NOT TESTED: the case study's extracts are not on this machine");
    None
}

/// The repository's own SQL and configuration over the extracts.
fn project(extracts: &Path) -> World {
    let world = World::empty();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    copy_folder(&repository.join("sql"), &world.path("sql"));
    let config = std::fs::read_to_string(repository.join("workbench.toml")).unwrap();
    world.write("workbench.toml", &config);
    for table in ["accounts", "invoices", "invoice_line_items", "skus"] {
        let to = world.path(&format!("sample_data/raw/{table}"));
        std::fs::create_dir_all(&to).unwrap();
        std::fs::copy(
            extracts.join(format!("raw/{table}.csv")),
            to.join(format!("{table}.csv")),
        )
        .unwrap();
    }
    world
}

/// Rows of `ours` that are not in the expected file, and the other way round.
fn differences(
    world: &World,
    dataset: &str,
    expected: &Path,
    columns: &str,
    filter: &str,
) -> String {
    let expected = format!(
        "(SELECT {columns} FROM read_csv('{}', header = true, all_varchar = true) WHERE {filter})",
        expected.display()
    );
    let ours = format!("(SELECT {columns} FROM features.{dataset})");
    world.query(&format!(
        "SELECT 'ours' AS side, * FROM ({ours} EXCEPT ALL {expected}) \
         UNION ALL SELECT 'expected', * FROM ({expected} EXCEPT ALL {ours})"
    ))
}

#[test]
fn the_features_equal_the_spark_job() {
    let Some(extracts) = extracts() else { return };
    let world = project(&extracts);
    let ended = world
        .run(&["export", "--date", "2024-11-03", "--format", "json"])
        .ok();
    let summary = ended.json();
    let rows = |source: &str| {
        summary["sources"]
            .as_array()
            .unwrap()
            .iter()
            .find(|s| s["name"] == source)
            .map(|s| (s["rows"]["read"].clone(), s["rows"]["taken"].clone()))
            .unwrap()
    };
    for (source, n) in [
        ("accounts", 200),
        ("invoices", 10_253),
        ("invoice_line_items", 55_937),
        ("skus", 100),
    ] {
        assert_eq!(rows(source), (n.into(), n.into()), "{source}");
    }
    let expected = extracts.join("expected/2024-11-03");
    let text = "CAST(account_id AS BIGINT), company_name, company_address, CAST(joining_date AS DATE), \
                CAST(feature_account_age_day AS BIGINT), CAST(feature_account_age_year AS DOUBLE), \
                CAST(feature_customer_age_over_one_year AS INTEGER), CAST(feature_total_invoices AS BIGINT), \
                CAST(feature_avg_invoice_interval_day AS DOUBLE)";
    let found = differences(
        &world,
        "account_level",
        &expected.join("account_level.csv"),
        text,
        "true",
    );
    assert_eq!(found.lines().count(), 1, "{found}");
    // The Spark job also wrote a row without an invoice for an account that has
    // none; a key of ours is never NULL.
    let text = "CAST(account_id AS BIGINT), CAST(invoice_id AS BIGINT), CAST(feature_invoice_spending AS DOUBLE)";
    let found = differences(
        &world,
        "account_invoice_level",
        &expected.join("account_invoice_level.csv"),
        text,
        "nullif(invoice_id, '') IS NOT NULL",
    );
    assert_eq!(found.lines().count(), 1, "{found}");
    // `invoices` has no counterpart there: it is held against its own parts.
    let found = world.query(
        "SELECT count(*) AS n FROM features.invoices i JOIN features.account_invoice_level a USING (invoice_id) \
         WHERE i.amount IS DISTINCT FROM a.feature_invoice_spending",
    );
    assert_eq!(found, "n\n0\n");
    let found = world.query(
        "SELECT count(*) AS n FROM (
           SELECT invoice_id, count(quantity) AS lines, coalesce(sum(quantity), 0) AS units,
                  round(sum(quantity * item_cost_price), 2)::DOUBLE AS cost
           FROM raw.invoices LEFT JOIN raw.invoice_line_items USING (invoice_id)
           LEFT JOIN raw.skus USING (item_id) GROUP BY invoice_id) e
         JOIN features.invoices i USING (invoice_id)
         WHERE (e.lines, e.units) IS DISTINCT FROM (i.lines, i.units) OR e.cost IS DISTINCT FROM i.cost",
    );
    assert_eq!(found, "n\n0\n");
    let kept = world.query("SELECT count(*) AS n FROM features.invoices");
    assert_eq!(kept, "n\n10253\n");
}

/// The extracts in one bucket, the target in another prefix of it.
struct Remote {
    world: World,
    endpoint: String,
    bucket: Bucket,
}

impl Remote {
    fn at(extracts: &Path, endpoint: &str, name: &str) -> Self {
        let world = project(extracts);
        let config = std::fs::read_to_string(world.path("workbench.toml")).unwrap();
        let config = config
            .replace("url = \"output\"", &format!("url = \"s3://{name}/out\""))
            .replace(
                "path = \"sample_data/raw/",
                &format!("path = \"s3://{name}/raw/"),
            );
        let s3 = format!("\n[s3]\nendpoint = \"{endpoint}\"\n");
        world.write("workbench.toml", &format!("{config}{s3}"));
        let settings = S3Settings {
            endpoint: Some(endpoint.to_owned()),
            region: Some("us-east-1".to_owned()),
            ..S3Settings::default()
        };
        let bucket = Bucket::signed(name, &settings, &Interrupt::default(), (KEY_ID, KEY));
        Self {
            world,
            endpoint: endpoint.to_owned(),
            bucket,
        }
    }

    fn run(&self, args: &[&str]) {
        let mut command = self.world.command(args);
        command.env("AWS_ENDPOINT_URL", &self.endpoint);
        Ended::of(with_credentials(&mut command).output().unwrap()).ok();
    }

    /// Sends the extracts, and keeps none here.
    fn upload(&self) {
        let raw = self.world.path("sample_data/raw");
        let to = format!("s3://{}/raw", self.bucket.name());
        self.run(&["upload", raw.to_str().unwrap(), &to]);
        std::fs::remove_dir_all(raw).unwrap();
    }

    /// What lies at the target that is live data, with its hashes.
    fn published(&self) -> BTreeMap<String, String> {
        let listed = self.bucket.list_all("out/", None).unwrap().into_iter();
        listed
            .filter(|object| !object.key.starts_with("out/_workbench/"))
            .map(|object| {
                let hash = self.bucket.hash(&object.key).unwrap().unwrap();
                let below = object.key.strip_prefix("out/").unwrap().to_owned();
                (below, hash.to_string())
            })
            .collect()
    }
}

const DAY: [&str; 3] = ["export", "--date", "2024-11-03"];

/// What a folder gets.
fn in_a_folder(extracts: &Path) -> BTreeMap<String, String> {
    let world = project(extracts);
    world.run(&DAY).ok();
    let published = world.published("output");
    assert!(published.len() >= 3, "{published:?}");
    published
}

/// The same from a bucket to a bucket: sent by `upload`, read by sources, published, and
/// every byte of what is published is that of a folder.
#[test]
fn a_bucket_gives_the_bytes_that_a_folder_gives() {
    let Some(extracts) = extracts() else { return };
    let server = Server::new();
    let remote = Remote::at(&extracts, &server.endpoint(), BUCKET);
    remote.upload();
    server.network.forget();
    remote.run(&DAY);
    let first = server.network.counts();
    assert_eq!(remote.published(), in_a_folder(&extracts));

    // Again: nothing is put, and none of the extracts is fetched.
    server.network.forget();
    remote.run(&DAY);
    let again = server.network.counts();
    println!("the first run asked {:?}", first.requests);
    println!("the same again asked {:?}", again.requests);
    let of = |kind: &str| again.requests.get(kind).copied().unwrap_or(0);
    assert_eq!(
        [of("PUT"), of("part"), of("multipart"), of("DELETE")],
        [0; 4]
    );
    assert!(of("GET") <= 1, "more than a document: {:?}", again.requests);
}

/// And at whatever server `WORKBENCH_TEST_S3_ENDPOINT` names. It has to take any
/// credentials; a bucket is made there.
#[test]
fn a_bucket_of_another_server_gives_them_too() {
    let Some(extracts) = extracts() else { return };
    let Ok(endpoint) = std::env::var("WORKBENCH_TEST_S3_ENDPOINT") else {
        eprintln!("NOT TESTED: another server; WORKBENCH_TEST_S3_ENDPOINT names none");
        return;
    };
    let name = format!(
        "workbench-{}",
        &uuid::Uuid::new_v4().simple().to_string()[..12]
    );
    let remote = Remote::at(&extracts, &endpoint, &name);
    remote.bucket.make().unwrap();
    remote.upload();
    remote.run(&DAY);
    let expected = in_a_folder(&extracts);
    assert_eq!(remote.published(), expected);
    remote.run(&DAY);
    assert_eq!(remote.published(), expected);
}

//! Sources whose raw files are objects of a bucket.

use std::path::Path;
use std::time::Duration;

use super::bucket::{Answer, BUCKET, Faults, KEY, KEY_ID, Server};
use super::world::{Ended, World};

/// A shop whose raw files lie in a bucket.
pub struct Remote {
    pub world: World,
    pub server: Server,
}

/// The settings and credentials by which the program reaches a server.
pub fn with_credentials(command: &mut std::process::Command) -> &mut std::process::Command {
    command
        .env("AWS_ACCESS_KEY_ID", KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", KEY)
        .env("AWS_EC2_METADATA_DISABLED", "true")
}

impl Remote {
    /// The shop of [`World::shop`], its deliveries under `raw/` of the bucket.
    pub fn shop() -> Self {
        Self::of(World::shop())
    }

    fn of(world: World) -> Self {
        let server = Server::new();
        let config = std::fs::read_to_string(world.path("workbench.toml")).unwrap();
        let config = config.replace("path = \"raw/", &format!("path = \"s3://{BUCKET}/raw/"));
        let s3 = format!("[s3]\nendpoint = \"{}\"\n", server.endpoint());
        world.write("workbench.toml", &format!("{config}{s3}"));
        let remote = Self { world, server };
        remote.send("raw");
        std::fs::remove_dir_all(remote.world.path("raw")).unwrap();
        remote
    }

    /// Puts all files below a folder of the project into the bucket.
    fn send(&self, folder: &str) {
        let root = self.world.dir.path();
        for file in super::world::walk(&self.world.path(folder)) {
            let key = file
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            self.server
                .shelf
                .put(BUCKET, &key, &std::fs::read(&file).unwrap());
        }
    }

    pub fn put(&self, key: &str, text: &str) {
        self.server.shelf.put(BUCKET, key, text.as_bytes());
    }

    pub fn run(&self, args: &[&str]) -> Ended {
        let mut command = self.world.command(args);
        Ended::of(with_credentials(&mut command).output().unwrap())
    }

    pub fn query(&self, sql: &str) -> String {
        self.run(&["query", sql, "--format", "csv"]).ok().stdout
    }

    /// How often a kind of request was made since the last time.
    fn asked(&self, kind: &str) -> u64 {
        let counts = self.server.network.counts();
        counts.requests.get(kind).copied().unwrap_or(0)
    }
}

#[test]
fn an_object_is_fetched_once_and_its_url_is_its_name() {
    let remote = Remote::shop();
    let url = "s3://lake/raw/orders/orders_1.csv";
    let plan = remote.run(&["plan"]).ok().stdout;
    assert!(plan.contains(url), "{plan}");
    assert_eq!(remote.asked("GET"), 2, "both objects are looked into");

    // What `plan` fetched is not fetched again, in another process.
    remote.run(&["export"]).ok();
    assert_eq!(remote.asked("GET"), 2);
    let here = World::shop();
    here.run(&["export"]).ok();
    for sql in [
        "SELECT * FROM raw.orders ORDER BY ALL",
        "SELECT * FROM features.customer_level ORDER BY ALL",
    ] {
        assert_eq!(remote.query(sql), here.query(sql));
    }
    assert_eq!(remote.world.published("output"), here.published("output"));

    // Nothing new: one request for each source, and no more.
    remote.server.network.forget();
    remote.run(&["export"]).ok();
    remote.run(&["load"]).ok();
    assert_eq!((remote.asked("LIST"), remote.asked("GET")), (4, 0));
    assert_eq!(remote.asked("HEAD"), 0);

    // Put again with the same bytes, and moved: the content is known by its ETag, or
    // by its hash once it is fetched.
    remote.put(
        "raw/orders/orders_1.csv",
        "order_id,customer_id,amount\n10,1,5.50\n11,1,4.50\n12,2,1.00\n",
    );
    remote.run(&["export"]).ok();
    assert_eq!(remote.asked("GET"), 0);
    remote.put(
        "raw/orders/moved.csv",
        "order_id,customer_id,amount\n10,1,5.50\n11,1,4.50\n12,2,1.00\n",
    );
    remote
        .server
        .shelf
        .remove(BUCKET, "raw/orders/orders_1.csv");
    let told = remote
        .run(&["bookmarks", "explain", "s3://lake/raw/orders/moved.csv"])
        .ok();
    assert!(told.stdout.contains(url), "{}", told.stdout);
    remote.run(&["export"]).ok();
    assert_eq!(remote.asked("GET"), 1);
    assert_eq!(
        remote.query("SELECT count(*) AS n FROM raw.orders"),
        "n\n3\n"
    );

    // Rewritten; and a row that is refused names the object.
    remote.put(
        "raw/orders/moved.csv",
        "order_id,customer_id,amount\n10,1,5.50\n11,1,x\n12,2,1.00\n",
    );
    let refused = remote.run(&["export"]).expect(3);
    assert!(
        refused.stderr.contains("s3://lake/raw/orders/moved.csv"),
        "{}",
        refused.stderr
    );
    let doctor = remote.run(&["doctor"]);
    assert!(
        doctor
            .stdout
            .contains("changed since they were taken: `s3://lake/raw/orders/moved.csv"),
        "{}",
        doctor.stdout
    );
}

#[test]
fn a_thousand_objects_are_a_page_and_compressed_ones_are_unpacked() {
    let remote = Remote::shop();
    let orders = |n: usize| format!("order_id,customer_id,amount\n{},1,1.00\n", 1000 + n);
    for n in 0..1199 {
        remote.put(&format!("raw/orders/more_{n}.csv"), &orders(n));
    }
    let packed = zstd::encode_all(orders(2000).as_bytes(), 1).unwrap();
    remote
        .server
        .shelf
        .put(BUCKET, "raw/orders/packed.csv", &packed);
    // What is no file, and what is in no folder of the pattern.
    remote.put("raw/orders/", "");
    remote.put("raw/orders/.hidden.csv", "x");
    for n in 0..50 {
        remote.put(&format!("raw/orders/old/{n}/a.csv"), "x");
    }
    let exported = remote.run(&["export"]).ok();
    assert!(
        exported.stdout.contains(".hidden.csv"),
        "{}",
        exported.stdout
    );
    assert_eq!(
        remote.query("SELECT count(*) AS n FROM raw.orders"),
        "n\n1203\n"
    );
    assert_eq!(remote.asked("GET"), 1202);
    remote.server.network.forget();
    remote.run(&["export"]).ok();
    // One page for the customers, two for 1,201 orders and what lies beside them.
    assert_eq!((remote.asked("LIST"), remote.asked("GET")), (3, 0));
}

/// The cache may be deleted at any time; a plan reads what an export would.
#[test]
fn a_plan_fetches_again_what_is_not_kept() {
    let remote = Remote::shop();
    remote.run(&["export"]).ok();
    std::fs::remove_dir_all(remote.world.path(".workbench/cache")).unwrap();
    let plan = remote.run(&["plan", "--full-refresh"]).ok().stdout;
    assert!(plan.contains("all loaded anew"), "{plan}");
}

#[test]
fn what_is_replaced_while_it_is_read_is_taken_as_it_is_then() {
    let remote = Remote::shop();
    let mut large = "order_id,customer_id,amount\n".to_owned();
    // Fetched in parts of five megabytes.
    for n in 0..900_000 {
        large += &format!("{},1,1.00\n", 1_000_000 + n);
    }
    let config = std::fs::read_to_string(remote.world.path("workbench.toml")).unwrap();
    remote
        .world
        .write("workbench.toml", &format!("{config}part_size = \"5MiB\"\n"));
    remote.put("raw/orders/large.csv", &large);
    let other = large.replace(",1,1.00", ",2,3.00");
    let key = "raw/orders/large.csv";
    remote
        .server
        .network
        .before(&format!("GET /{BUCKET}/{key}"), move |shelf| {
            shelf.put(BUCKET, key, other.as_bytes());
        });
    remote.run(&["export"]).ok();
    let found = remote.query(
        "SELECT count(*) AS n, min(amount) AS least, max(customer_id) AS most FROM raw.orders \
         WHERE order_id >= 1000000",
    );
    assert_eq!(found, "n,least,most\n900000,3.00,2\n");

    // Removed while it is read: it is not taken for nothing.
    remote.put(
        "raw/orders/new.csv",
        "order_id,customer_id,amount\n5,1,1.00\n",
    );
    remote
        .server
        .network
        .before(&format!("GET /{BUCKET}/raw/orders/new.csv"), |shelf| {
            shelf.remove(BUCKET, "raw/orders/new.csv");
        });
    let refused = remote.run(&["export"]).expect(1);
    assert!(
        refused
            .stderr
            .contains("`s3://lake/raw/orders/new.csv` was there a moment ago"),
        "{}",
        refused.stderr
    );
}

#[test]
fn what_may_not_be_read_is_never_nothing() {
    let remote = Remote::shop();
    let denied = |to: &str| {
        remote.server.network.answer(Some(Answer {
            status: 403,
            code: "AccessDenied",
            message: "Access Denied",
            headers: Vec::new(),
            to: to.to_owned(),
        }));
    };
    denied("GET /lake?");
    denied("GET /lake");
    let refused = remote.run(&["plan"]).expect(1);
    for word in ["s3:ListBucket", "arn:aws:s3:::lake", "hint:"] {
        assert!(refused.stderr.contains(word), "{}", refused.stderr);
    }
    denied("GET /lake/raw/customers/customers_1.csv");
    let refused = remote.run(&["export"]).expect(1);
    for word in [
        "s3:GetObject",
        "arn:aws:s3:::lake/raw/customers/customers_1.csv",
    ] {
        assert!(refused.stderr.contains(word), "{}", refused.stderr);
    }
    // It looks at what was taken: nothing.
    let doctor = remote.run(&["doctor"]).ok();
    assert!(
        doctor.stdout.contains("nothing was taken yet"),
        "{}",
        doctor.stdout
    );
    remote.server.network.answer(None);
    remote.run(&["export"]).ok();
    let config = std::fs::read_to_string(remote.world.path("workbench.toml")).unwrap();
    // A prefix that was never there is told, for it may be misspelt.
    let other = Remote::shop();
    let misspelt = std::fs::read_to_string(other.world.path("workbench.toml")).unwrap();
    let misspelt = misspelt.replace("s3://lake/raw/orders/", "s3://lake/raw/oders/");
    other.world.write("workbench.toml", &misspelt);
    let told = other.run(&["export"]).ok();
    assert!(
        told.stdout
            .contains("no file matches `s3://lake/raw/oders/*.csv`"),
        "{}",
        told.stdout
    );
    let config = config.replace("s3://lake/", "s3://elsewhere/");
    remote.world.write("workbench.toml", &config);
    let refused = remote.run(&["export"]).expect(2);
    assert!(
        refused.stderr.contains("there is no bucket `elsewhere`"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_wish_to_stop_is_heeded_while_objects_are_fetched() {
    let remote = Remote::shop();
    let orders = (0..20_000).map(|n| format!("{},1,1.00\n", 100 + n));
    let orders: String = orders.collect();
    let large = format!("order_id,customer_id,amount\n{orders}");
    remote.put("raw/orders/large.csv", &large);
    remote.server.network.set_faults(Faults {
        slow: 1.0,
        ..Faults::default()
    });
    let mut command = remote.world.command(&["export", "--progress", "json"]);
    let child = with_credentials(&mut command)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // A kilobyte a second: it is under way as soon as it is asked for.
    while remote.asked("GET") == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let ended = Ended::of(child.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(130), "{ended:?}");
    let tmp = super::world::walk(&remote.world.path(".workbench/cache/tmp"));
    assert_eq!(tmp, Vec::<std::path::PathBuf>::new());

    remote.server.network.set_faults(Faults::default());
    remote.run(&["export"]).ok();
    assert_eq!(
        remote.query("SELECT count(*) AS n FROM raw.orders"),
        "n\n20003\n"
    );
}

#[test]
fn a_lost_warehouse_is_built_again_from_a_bucket() {
    let remote = Remote::shop();
    remote.run(&["export"]).ok();
    let rows = remote.query("SELECT * FROM raw.orders ORDER BY ALL");
    for lost in [
        "warehouse.duckdb",
        "state.db",
        "state.db-wal",
        "state.db-shm",
    ] {
        let _ = std::fs::remove_file(remote.world.path(".workbench").join(lost));
    }
    std::fs::remove_dir_all(remote.world.path(".workbench/cache")).unwrap();
    // A bucket that cannot be reached has lost nothing.
    remote.server.network.answer(Some(Answer {
        status: 403,
        code: "AccessDenied",
        message: "Access Denied",
        headers: Vec::new(),
        to: String::new(),
    }));
    let refused = remote.run(&["rebuild", "--accept-loss"]).expect(1);
    assert!(
        refused.stderr.contains("s3:ListBucket"),
        "{}",
        refused.stderr
    );
    remote.server.network.answer(None);
    remote.run(&["rebuild"]).ok();
    assert_eq!(remote.query("SELECT * FROM raw.orders ORDER BY ALL"), rows);
    remote.run(&["export"]).ok();

    let server = &remote.server;
    server.shelf.remove(BUCKET, "raw/orders/orders_1.csv");
    for lost in [
        "warehouse.duckdb",
        "state.db",
        "state.db-wal",
        "state.db-shm",
    ] {
        let _ = std::fs::remove_file(remote.world.path(".workbench").join(lost));
    }
    let refused = remote.run(&["rebuild"]).expect(3);
    assert!(
        refused.stderr.contains("s3://lake/raw/orders/orders_1.csv"),
        "{}",
        refused.stderr
    );
    assert!(Path::new(&remote.world.path("output")).is_dir());
}

//! Two readers, one result: files of random bytes, once read by the engine where it
//! may, and once by way of the clean copy alone.

use super::world::World;

/// Files of one project.
const FILES: usize = 40;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// A file that is mostly well-formed, or hardly at all.
fn file(random: &mut Random) -> Vec<u8> {
    let end = random.one(&["\n", "\n", "\r\n", "\r"]);
    let mark = random.one(&["", "", "", "\u{feff}", "\n"]);
    let mut text = format!("{mark}a,b,c{end}").into_bytes();
    let wild = random.below(3) == 0;
    for _ in 0..random.below(30) {
        for column in 0..3 {
            if column > 0 {
                text.push(b',');
            }
            let field = if wild && random.below(4) == 0 {
                random.one(&[
                    "\"", "\"\"\"", "x\"y", " \"z\"", "\"q\"r", ",", "\n", "\r", "\0", "",
                ])
            } else {
                match column {
                    0 => random.one(&["1", "-20", "007", " 5", "", "5.6", "x", "\"9\"", "1e3"]),
                    1 => random.one(&["1.50", "0", "2.345", "\"3.1\"", "", "1_0", "12345.6"]),
                    _ => random.one(&[
                        "w",
                        "\"two\nlines\"",
                        "\"a,b\"",
                        "\"\"\"\"",
                        "é",
                        "",
                        "\"\"",
                        " s ",
                    ]),
                }
            };
            text.extend_from_slice(field.as_bytes());
            if wild && random.below(60) == 0 {
                text.push(0xe9);
            }
        }
        text.extend_from_slice(
            if wild && random.below(9) == 0 {
                "\n\n"
            } else {
                end
            }
            .as_bytes(),
        );
    }
    text
}

fn project(files: &[Vec<u8>], dialect: &str) -> World {
    let world = World::empty();
    world.write(
        "workbench.toml",
        &format!(
            "[sources.s]\npath = \"raw/*.csv\"\nbad_rows = \"quarantine\"\nsettle = \"0s\"\n\
             duplicates = \"load\"\n{dialect}[sources.s.columns]\na = \"BIGINT\"\n\
             b = \"DECIMAL(9,2)\"\nc = \"VARCHAR\"\n"
        ),
    );
    world.write(
        "sql/features/f.sql",
        "/*\ndescription = \"Rows.\"\nkey = [\"k\"]\n*/\nSELECT 1 AS k, count(*) AS n FROM raw.s\n",
    );
    for (at, bytes) in files.iter().enumerate() {
        world.write(&format!("raw/{at}.csv"), "");
        std::fs::write(world.path(&format!("raw/{at}.csv")), bytes).unwrap();
    }
    world
}

#[test]
fn random_files_are_read_alike_and_nothing_is_lost() {
    let rounds = std::env::var("WORKBENCH_CASES").map_or(10, |n| n.parse().unwrap());
    let (mut taken, mut refused) = (0, 0);
    for seed in 0..rounds {
        let mut random = Random(seed);
        let files: Vec<Vec<u8>> = (0..FILES).map(|_| file(&mut random)).collect();
        // A comment that never comes takes the simplicity away, and nothing else.
        let lies = project(&files, "");
        let copied = project(&files, "[sources.s.csv]\ncomment = \"\\u0001\"\n");
        let [a, b] = [&lies, &copied].map(|world| {
            let document = world.run(&["export", "--format", "json"]).ok().json();
            let rows = document["sources"][0]["rows"].clone();
            let raw = world.query("SELECT a, b, c FROM raw.s");
            let set_aside =
                world.query("SELECT file, line, record, \"column\", reason, raw FROM quarantine.s");
            (rows, raw, set_aside)
        });
        assert_eq!(a, b, "seed {seed}");
        let number = |name: &str| a.0[name].as_u64().unwrap();
        assert_eq!(number("read"), number("taken") + number("quarantined"));
        taken += number("taken");
        refused += number("quarantined");
    }
    println!("{rounds} rounds of {FILES} files: {taken} records taken, {refused} set aside");
    assert!(taken > 0 && refused > 0);
}

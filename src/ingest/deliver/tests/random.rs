//! What holds whatever happens to the files.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const PATHS: [&str; 5] = ["1", "2", "3", "10", "x"];
const CONTENTS: [&str; 4] = ["A", "B", "C", "D"];

/// What is done between two runs.
#[derive(Debug, Clone)]
enum Change {
    Write(usize, usize),
    Remove(usize),
    Move(usize, usize),
    Copy(usize, usize),
    Swap(usize, usize),
    Reset,
    Hold(usize),
    Release(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let (path, content) = (0..PATHS.len(), 0..CONTENTS.len());
    let two = (path.clone(), path.clone());
    prop_oneof![
        4 => (path.clone(), content).prop_map(|(p, c)| Change::Write(p, c)),
        2 => path.prop_map(Change::Remove),
        2 => two.clone().prop_map(|(a, b)| Change::Move(a, b)),
        2 => two.clone().prop_map(|(a, b)| Change::Copy(a, b)),
        1 => two.prop_map(|(a, b)| Change::Swap(a, b)),
        1 => Just(Change::Reset),
        1 => (0..PATHS.len()).prop_map(Change::Hold),
        2 => (0..PATHS.len()).prop_map(Change::Release),
    ]
}

type Files = BTreeMap<&'static str, &'static str>;

fn apply(change: &Change, files: &mut Files, world: &mut World) {
    match change {
        Change::Write(path, content) => {
            files.insert(PATHS[*path], CONTENTS[*content]);
        }
        Change::Remove(path) => {
            files.remove(PATHS[*path]);
        }
        Change::Move(from, to) => {
            if let Some(content) = files.remove(PATHS[*from]) {
                files.insert(PATHS[*to], content);
            }
        }
        Change::Copy(from, to) => {
            if let Some(content) = files.get(PATHS[*from]).copied() {
                files.insert(PATHS[*to], content);
            }
        }
        Change::Swap(a, b) => {
            let (x, y) = (files.remove(PATHS[*a]), files.remove(PATHS[*b]));
            files.extend(x.map(|content| (PATHS[*b], content)));
            files.extend(y.map(|content| (PATHS[*a], content)));
        }
        Change::Reset => world.reset(),
        Change::Hold(path) => world.hold(PATHS[*path]),
        Change::Release(path) => world.release(PATHS[*path]),
    }
}

fn world() -> impl Strategy<Value = World> {
    let load = prop::sample::select(vec![LoadMode::Append, LoadMode::Upsert, LoadMode::Replace]);
    (load, any::<bool>(), any::<bool>()).prop_map(|(load, skip, keep)| {
        let mut world = World::new(load);
        if !skip {
            world.source.duplicates = Duplicates::Load;
        }
        if !keep {
            world.source.on_vanish = OnVanish::Retract;
        }
        world
    })
}

impl World {
    fn holds(&self, path: &str) -> bool {
        self.taken().held.contains(path)
    }

    /// Each scanned path that is not held is carried by one live file, which has
    /// its content.
    fn carries(&self, files: &Files) -> Result<(), TestCaseError> {
        let taken = self.taken();
        let live = taken.live();
        for (path, content) in files.iter().filter(|(p, _)| !self.holds(p)) {
            let carriers: Vec<_> = live
                .iter()
                .filter(|f| f.paths.iter().any(|p| p == path))
                .collect();
            prop_assert_eq!(carriers.len(), 1, "{} in {:?}", path, self.live());
            prop_assert_eq!(carriers[0].blake3, ContentHash::of(content.as_bytes()));
        }
        Ok(())
    }

    /// What counts is exactly what the files say, where nothing that vanished
    /// is kept, or held.
    fn counts(&self, files: &Files) -> Result<(), TestCaseError> {
        let taken = self.taken();
        if !taken.held.is_empty() {
            return Ok(());
        }
        let mut live: Vec<ContentHash> = taken.live().iter().map(|f| f.blake3).collect();
        let mut shown: Vec<ContentHash> = files
            .values()
            .map(|c| ContentHash::of(c.as_bytes()))
            .collect();
        live.sort_unstable();
        shown.sort_unstable();
        if self.source.load == LoadMode::Append && self.source.duplicates == Duplicates::Skip {
            shown.dedup();
        }
        if self.source.on_vanish == OnVanish::Retract {
            prop_assert_eq!(live, shown);
        } else {
            prop_assert!(shown.iter().all(|content| live.contains(content)));
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_second_scan_finds_nothing(
        mut world in world(),
        days in prop::collection::vec(prop::collection::vec(change(), 0..5), 1..8),
    ) {
        let mut files = Files::new();
        for day in days {
            for change in &day {
                apply(change, &mut files, &mut world);
            }
            let shown: Vec<(&str, &str)> = files.iter().map(|(p, c)| (*p, *c)).collect();
            let planned = world.plan(&shown);
            let loads = planned.steps.iter().filter_map(|step| order(step).1);
            prop_assert!(loads.is_sorted(), "{:?}", planned.steps);
            world.run(&shown);
            world.carries(&files)?;
            world.counts(&files)?;
            let again = world.plan(&shown);
            prop_assert!(
                again.steps.iter().all(|s| matches!(s, FileStep::Vanished { .. })),
                "{:?}", again.steps
            );
            let shown = files.keys().filter(|p| !world.holds(p)).count();
            prop_assert_eq!(again.unchanged, shown as u64);
        }
    }

    /// Files that only ever arrive end in the order in which they arrived.
    #[test]
    fn what_came_last_counts_last(days in prop::collection::vec(0..CONTENTS.len(), 1..12)) {
        let mut world = World::new(LoadMode::Upsert);
        let names: Vec<String> = (0..days.len()).map(|n| format!("d-{n}")).collect();
        let files: Vec<(&str, &str)> =
            names.iter().zip(&days).map(|(n, c)| (n.as_str(), CONTENTS[*c])).collect();
        for until in 1..=files.len() {
            world.run(&files[..until]);
        }
        let mut at_once = World::new(LoadMode::Upsert);
        at_once.run(&files);
        let contents = |world: &World| -> Vec<ContentHash> {
            world.taken().live().iter().map(|f| f.blake3).collect()
        };
        let expected: Vec<ContentHash> =
            files.iter().map(|(_, c)| ContentHash::of(c.as_bytes())).collect();
        prop_assert_eq!(contents(&world), expected.clone());
        prop_assert_eq!(contents(&at_once), expected);
    }
}

//! Partitions: one dataset on one ingest date, one Parquet file at one key.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::names::TransformName;

/// Names a partition. The one place where its key at the target is derived.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PartitionId {
    pub dataset: TransformName,
    /// The author's version, from 1.
    pub version: u32,
    pub ingest_date: NaiveDate,
}

/// The column of `history.<name>` that tells its days apart.
pub const DAY: &str = "ingest_date";

/// How the folders of a partition name its day, as `strftime` has it.
pub const DAY_FOLDERS: &str = "ingest_year=%Y/ingest_month=%m/ingest_day=%d";

/// The folder of a dataset at the target: `account-level`, `account-level-v2`.
pub fn dataset_prefix(dataset: &TransformName, version: u32) -> String {
    let stem = dataset.as_str().replace('_', "-");
    if version == 1 {
        stem
    } else {
        format!("{stem}-v{version}")
    }
}

impl PartitionId {
    /// The folder of the partition, relative to the target.
    pub fn folder(&self) -> String {
        format!(
            "{}/{}",
            dataset_prefix(&self.dataset, self.version),
            self.ingest_date.format(DAY_FOLDERS),
        )
    }

    /// The key of its one file, relative to the target.
    pub fn key(&self) -> String {
        format!("{}/part-0.parquet", self.folder())
    }
}

impl fmt::Display for PartitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {}",
            dataset_prefix(&self.dataset, self.version),
            self.ingest_date
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_padded_and_versioned() {
        let id = |version| PartitionId {
            dataset: "account_level".parse().unwrap(),
            version,
            ingest_date: NaiveDate::from_ymd_opt(2024, 3, 7).unwrap(),
        };
        assert_eq!(
            id(1).key(),
            "account-level/ingest_year=2024/ingest_month=03/ingest_day=07/part-0.parquet"
        );
        assert!(
            id(2)
                .key()
                .starts_with("account-level-v2/ingest_year=2024/")
        );
    }
}

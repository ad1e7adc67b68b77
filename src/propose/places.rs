//! Where raw files lie in a bucket: each below a folder that is named like its feed,
//! so that a pattern with a `*` shows the files of one source.

use std::collections::{BTreeMap, BTreeSet};

use super::feeds::{Named, VAGUE, plain_name};

/// Where each of these files is to lie, in their order. Paths are relative to a folder,
/// with `/`, and so are the places; `folder` is its name.
///
/// A file lies as it does where a folder above it is named like its feed (its name
/// without dates and numbers), or where its folder holds one feed and says what that
/// is. Any other gets a folder of its feed's name right above it.
pub fn places(paths: &[&str], folder: &str) -> Vec<String> {
    let named: Vec<Named> = paths.iter().map(|path| Named::of(path)).collect();
    let mut bases: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in &named {
        bases.entry(&one.folder).or_default().insert(&one.base);
    }
    let place = |(path, one): (&&str, &Named)| {
        let feed = plain_name(&one.base);
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        let parts = || above.split('/').map(plain_name).filter(|p| !p.is_empty());
        let last = one.folder.rsplit('/').find(|part| *part != "*");
        let last = last.map(plain_name).unwrap_or_default();
        let says = !last.is_empty() && !VAGUE.contains(&last.as_str());
        if !above.is_empty() && (feed.is_empty() || (says && bases[one.folder.as_str()].len() == 1))
        {
            return (*path).to_owned();
        }
        if parts().any(|part| part == feed) {
            return (*path).to_owned();
        }
        let feed = match feed.is_empty() {
            true => plain_name(folder),
            false => feed,
        };
        let feed = if feed.is_empty() { "data" } else { &feed };
        match above {
            "" => format!("{feed}/{name}"),
            above => format!("{above}/{feed}/{name}"),
        }
    };
    paths.iter().zip(&named).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feed_has_a_folder() {
        for (paths, expected) in [
            (
                &["accounts.csv", "skus.csv"][..],
                &["accounts/accounts.csv", "skus/skus.csv"][..],
            ),
            (
                &["invoices_2024-05-12.csv", "invoices_2024-05-19.csv.gz"],
                &[
                    "invoices/invoices_2024-05-12.csv",
                    "invoices/invoices_2024-05-19.csv.gz",
                ],
            ),
            (&["accounts/accounts.csv"], &["accounts/accounts.csv"]),
            (
                &["accounts/crm_1.csv", "accounts/crm_2.csv"],
                &["accounts/crm_1.csv", "accounts/crm_2.csv"],
            ),
            (
                &["raw/accounts.csv", "raw/2024/skus.csv"],
                &["raw/accounts/accounts.csv", "raw/2024/skus/skus.csv"],
            ),
            (
                &["raw/orders/2024/05/orders-1.csv"],
                &["raw/orders/2024/05/orders-1.csv"],
            ),
            (&["orders/2024-05-12.csv"], &["orders/2024-05-12.csv"]),
            (&["2024-05-12.csv"], &["shop/2024-05-12.csv"]),
            (
                &["Dealer Accounts 3.csv"],
                &["dealer_accounts/Dealer Accounts 3.csv"],
            ),
            (
                &["mixed/order_1.csv", "mixed/sku_1.csv", "mixed/mixed.csv"],
                &[
                    "mixed/order/order_1.csv",
                    "mixed/sku/sku_1.csv",
                    "mixed/mixed.csv",
                ],
            ),
        ] {
            assert_eq!(places(paths, "shop"), expected, "{paths:?}");
        }
    }
}

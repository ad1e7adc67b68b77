//! The list of tables and their columns: what is unfolded, what is looked for, where
//! the cursor is.

use std::collections::BTreeSet;

use crate::assist::{TableWords, Vocabulary};
use crate::tui::state::overlay::Line;

/// Schemas in the order of the list; others come behind them.
const SCHEMAS: [&str; 4] = ["features", "history", "staging", "raw"];

/// The list.
#[derive(Debug, Clone, Default)]
pub struct TableList {
    /// Names with this text are shown alone.
    pub search: Line,
    /// Schemas that are folded, and tables that are not.
    folded: BTreeSet<String>,
    unfolded: BTreeSet<(String, String)>,
    /// The line with the cursor, and the first one in sight.
    pub cursor: usize,
    pub top: usize,
    /// Lines of the terminal that it has.
    pub height: u16,
}

/// A line of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry<'v> {
    Schema {
        name: &'v str,
        is_open: bool,
    },
    Table {
        table: &'v TableWords,
        is_open: bool,
    },
    Column {
        table: &'v TableWords,
        name: &'v str,
        ty: &'v str,
    },
}

impl TableList {
    /// Its lines, as far as they are unfolded and hold what is looked for.
    pub fn entries<'v>(&self, vocabulary: &'v Vocabulary) -> Vec<Entry<'v>> {
        let wanted = self.search.text().trim().to_lowercase();
        let mut tables: Vec<&TableWords> = vocabulary.tables.iter().collect();
        let rank = |schema: &str| SCHEMAS.iter().position(|s| *s == schema);
        tables.sort_by_key(|t| {
            let at = rank(&t.schema).unwrap_or(SCHEMAS.len());
            (at, t.schema.as_str(), t.name.as_str())
        });
        let mut entries = Vec::new();
        for of_schema in tables.chunk_by(|a, b| a.schema == b.schema) {
            let name = of_schema[0].schema.as_str();
            let mut found = Vec::new();
            let is_open = !wanted.is_empty() || !self.folded.contains(name);
            if is_open {
                for table in of_schema {
                    self.of_table(table, &wanted, &mut found);
                }
            }
            if wanted.is_empty() || !found.is_empty() {
                entries.push(Entry::Schema { name, is_open });
                entries.append(&mut found);
            }
        }
        entries
    }

    /// A table and its columns: all of them where it is unfolded, those that are looked
    /// for where it is not.
    fn of_table<'v>(&self, table: &'v TableWords, wanted: &str, entries: &mut Vec<Entry<'v>>) {
        let is_unfolded = self.is_unfolded(table);
        let holds = |name: &str| name.to_lowercase().contains(wanted);
        let is_found = !wanted.is_empty();
        let by_name = holds(&format!("{}.{}", table.schema, table.name));
        let columns = table.columns.iter().filter(|(name, _)| match is_found {
            true => is_unfolded && by_name || holds(name),
            false => is_unfolded,
        });
        let columns: Vec<Entry<'v>> = columns
            .map(|(name, ty)| Entry::Column { table, name, ty })
            .collect();
        if by_name || !columns.is_empty() {
            let is_open = !columns.is_empty();
            entries.push(Entry::Table { table, is_open });
            entries.extend(columns);
        }
    }

    fn is_unfolded(&self, table: &TableWords) -> bool {
        let name = (table.schema.clone(), table.name.clone());
        self.unfolded.contains(&name)
    }

    /// The line with the cursor.
    pub fn at_cursor<'v>(&self, vocabulary: &'v Vocabulary) -> Option<Entry<'v>> {
        let mut entries = self.entries(vocabulary);
        let last = entries.len().checked_sub(1)?;
        Some(entries.swap_remove(self.cursor.min(last)))
    }

    /// Moves the cursor by lines, and not past the ends.
    pub fn go(&mut self, by: isize, vocabulary: &Vocabulary) {
        let last = self.entries(vocabulary).len().saturating_sub(1);
        self.cursor = self.cursor.min(last).saturating_add_signed(by).min(last);
    }

    /// Goes to the first table or column: what was looked for.
    pub fn go_to_found(&mut self, vocabulary: &Vocabulary) {
        let wanted = self.search.text().trim().to_lowercase();
        let entries = self.entries(vocabulary);
        let begins = |name: &str| name.to_lowercase().starts_with(&wanted);
        let best = entries.iter().position(|entry| match entry {
            Entry::Schema { .. } => false,
            Entry::Table { table, .. } => {
                begins(&table.name) || begins(&format!("{}.{}", table.schema, table.name))
            }
            Entry::Column { name, .. } => begins(name),
        });
        let any = || {
            let mut all = entries.iter();
            all.position(|entry| match entry {
                Entry::Schema { .. } => false,
                Entry::Table { table, .. } => table.name.to_lowercase().contains(&wanted),
                Entry::Column { .. } => true,
            })
        };
        self.top = 0;
        self.cursor = match wanted.is_empty() {
            true => 0,
            false => best.or_else(any).unwrap_or(0),
        };
    }

    /// Unfolds the line with the cursor, or goes to what is in it.
    pub fn unfold(&mut self, vocabulary: &Vocabulary) {
        match self.at_cursor(vocabulary) {
            Some(Entry::Schema { name, .. }) if self.folded.remove(name) => {}
            Some(Entry::Table { table, .. }) if !self.is_unfolded(table) => {
                let name = (table.schema.clone(), table.name.clone());
                self.unfolded.insert(name);
            }
            Some(Entry::Schema { .. } | Entry::Table { .. }) => self.go(1, vocabulary),
            Some(Entry::Column { .. }) | None => {}
        }
    }

    /// Folds the line with the cursor, or goes to what it is in.
    pub fn fold(&mut self, vocabulary: &Vocabulary) {
        let entries = self.entries(vocabulary);
        let at = self.cursor.min(entries.len().saturating_sub(1));
        let above = |is: fn(&Entry<'_>) -> bool| entries[..at].iter().rposition(is);
        match entries.get(at) {
            Some(Entry::Schema { name, .. }) => {
                self.folded.insert((*name).to_owned());
            }
            Some(Entry::Table { table, .. }) => {
                let name = (table.schema.clone(), table.name.clone());
                if !self.unfolded.remove(&name) {
                    self.cursor = above(|e| matches!(e, Entry::Schema { .. })).unwrap_or(at);
                }
            }
            Some(Entry::Column { .. }) => {
                self.cursor = above(|e| matches!(e, Entry::Table { .. })).unwrap_or(at);
            }
            None => {}
        }
    }

    /// Folds the line with the cursor if it is unfolded, and the other way round.
    pub fn toggle(&mut self, vocabulary: &Vocabulary) {
        match self.at_cursor(vocabulary) {
            Some(Entry::Schema { name, is_open }) => {
                match is_open {
                    true => self.folded.insert(name.to_owned()),
                    false => self.folded.remove(name),
                };
            }
            Some(Entry::Table { table, .. }) => {
                let name = (table.schema.clone(), table.name.clone());
                if !self.unfolded.remove(&name) {
                    self.unfolded.insert(name);
                }
            }
            Some(Entry::Column { .. }) | None => {}
        }
    }

    /// Keeps the cursor on a line and in sight.
    pub fn settle(&mut self, vocabulary: &Vocabulary) {
        let count = self.entries(vocabulary).len();
        let height = usize::from(self.height.max(1));
        self.cursor = self.cursor.min(count.saturating_sub(1));
        self.top = self
            .top
            .min(count.saturating_sub(height))
            .min(self.cursor)
            .max((self.cursor + 1).saturating_sub(height));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::state::overlay::Edit;

    fn vocabulary() -> Vocabulary {
        let table = |schema: &str, name: &str, columns: &[&str]| TableWords {
            schema: schema.to_owned(),
            name: name.to_owned(),
            columns: columns
                .iter()
                .map(|c| ((*c).to_owned(), "int".to_owned()))
                .collect(),
            about: String::new(),
        };
        Vocabulary {
            tables: vec![
                table("raw", "accounts", &["id", "name"]),
                table("features", "invoices", &["account_id", "amount"]),
                table(
                    "history",
                    "invoices",
                    &["account_id", "amount", "ingest_date"],
                ),
                table("features", "account_level", &["account_id"]),
            ],
            ..Vocabulary::default()
        }
    }

    fn told(list: &TableList, of: &Vocabulary) -> Vec<String> {
        let tell = |entry: &Entry<'_>| match entry {
            Entry::Schema { name, .. } => (*name).to_owned(),
            Entry::Table { table, .. } => format!("  {}", table.name),
            Entry::Column { name, .. } => format!("    {name}"),
        };
        list.entries(of).iter().map(tell).collect()
    }

    #[test]
    fn what_is_looked_for_is_found_in_tables_and_columns() {
        let of = vocabulary();
        let mut list = TableList::default();
        let all = [
            "features",
            "  account_level",
            "  invoices",
            "history",
            "  invoices",
            "raw",
            "  accounts",
        ];
        assert_eq!(told(&list, &of), all);
        list.search.edit(&Edit::Insert("AMO".to_owned()));
        list.go_to_found(&of);
        let found = [
            "features",
            "  invoices",
            "    amount",
            "history",
            "  invoices",
            "    amount",
        ];
        assert_eq!(
            (told(&list, &of), list.cursor),
            (found.map(str::to_owned).to_vec(), 2)
        );
        // By its name a table is found folded, and can be unfolded.
        list.search = Line::of("history.inv");
        list.go_to_found(&of);
        assert_eq!(
            (told(&list, &of), list.cursor),
            (vec!["history".to_owned(), "  invoices".to_owned()], 1)
        );
        list.unfold(&of);
        assert_eq!(told(&list, &of).len(), 5);
        list.search = Line::of("no such");
        list.go_to_found(&of);
        assert_eq!((told(&list, &of).len(), list.at_cursor(&of)), (0, None));
    }

    #[test]
    fn folding_goes_up_and_unfolding_goes_in() {
        let of = vocabulary();
        let mut list = TableList {
            cursor: 2,
            ..TableList::default()
        };
        list.unfold(&of);
        list.unfold(&of);
        assert_eq!(list.cursor, 3);
        list.fold(&of);
        list.fold(&of);
        assert_eq!((list.cursor, told(&list, &of).len()), (2, 7));
        list.fold(&of);
        list.fold(&of);
        assert_eq!((list.cursor, told(&list, &of).len()), (0, 5));
        list.unfold(&of);
        assert_eq!(told(&list, &of).len(), 7);
        list.go(isize::MAX, &of);
        assert_eq!(list.cursor, 6);
    }
}

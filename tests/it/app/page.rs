//! `docs/app.md` and the README: their screens and keys are those of the app.

use workbench::tui::action::Action;
use workbench::tui::bindings::{BINDINGS, PLACES};

use super::bench::accounts;
use super::query;

const PAGES: [&str; 2] = ["docs/app.md", "README.md"];

/// Puts a text between a mark, if the page has it, and the next end.
fn put(page: &mut String, mark: &str, text: &str) {
    let Some(begin) = page.find(mark).map(|at| at + mark.len()) else {
        return;
    };
    let end = page[begin..].find("<!-- end -->").unwrap() + begin;
    page.replace_range(begin..end, text);
}

fn screens() -> [(&'static str, String); 4] {
    let mut app = accounts((100, 30));
    app.state.grid.go_to_column("feature_total_invoices");
    let snapshots = app.screen();
    app.act(Action::MarkDay);
    for _ in 0..4 {
        app.act(Action::EarlierDay);
    }
    app.act(Action::CompareWithMark);
    app.state.toasts.clear();
    while app.state.diff.column_at_cursor().unwrap().name != "feature_total_invoices" {
        app.act(Action::Down);
    }
    let diff = app.screen();
    let rows = app.act(Action::Open).screen();
    let mut app = query::with_text((100, 30), query::SQL);
    app.act(Action::RunStatement);
    query::without_times(&mut app);
    let query = app.screen();
    [
        ("snapshots", snapshots),
        ("diff", diff),
        ("rows", rows),
        ("query", query),
    ]
}

fn keys() -> String {
    let mut text = String::new();
    for place in PLACES {
        text += &format!(
            "\n**{}**\n\n| Keys | | Action |\n|---|---|---|\n",
            place.title()
        );
        for binding in BINDINGS.iter().filter(|b| b.place == place) {
            let keys = binding.keys.iter().map(|key| match *key {
                // It would end the cell.
                "|" => "`\\|`".to_owned(),
                key => format!("`{key}`"),
            });
            let keys = keys.collect::<Vec<_>>().join(" ");
            text += &format!(
                "| {keys} | {} | `{}` |\n",
                binding.what,
                binding.action.name()
            );
        }
    }
    text
}

#[test]
fn pages_show_the_app_as_it_is() {
    let (screens, keys) = (screens(), keys());
    for path in PAGES {
        let before = std::fs::read_to_string(path).unwrap();
        let mut page = before.clone();
        for (name, screen) in &screens {
            let text = format!("\n```text\n{screen}```\n");
            put(&mut page, &format!("<!-- screen: {name} -->"), &text);
        }
        put(&mut page, "<!-- keys -->", &keys);
        assert!(
            page.contains("```text\n 1 Snapshots  2 Diff  3 Query"),
            "{path}"
        );
        if std::env::var_os("UPDATE_REFERENCE").is_some() {
            std::fs::write(path, page).unwrap();
            continue;
        }
        assert!(
            before == page,
            "{path} is not the app any more; UPDATE_REFERENCE=1 writes screens and keys anew"
        );
    }
}

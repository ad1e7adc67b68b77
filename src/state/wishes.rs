//! What bookmark verbs ask for, until it is carried out.

use rusqlite::{Row, params};
use serde_json::{Map, Value};

use super::convert::{json_or_null, parsed, stamp, text_as, to_json};
use super::db::State;
use super::error::StateError;
use crate::model::token::RandomId;
use crate::model::wish::{Verb, Wish};

impl State {
    /// Writes a wish down, behind those that are there.
    pub fn add_wish(&self, wish: &Wish) -> Result<(), StateError> {
        self.write("write a wish down", |conn| {
            // Tagged with its kind, and its payload beside it.
            let mut verb: Map<String, Value> = match serde_json::to_value(&wish.verb) {
                Ok(Value::Object(verb)) => verb,
                _ => Map::new(),
            };
            let kind = verb.remove("kind").unwrap_or_default();
            let payload = verb.remove("payload");
            conn.execute(
                "INSERT INTO wishes (id, source, asked, kind, payload) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    wish.id.as_str(),
                    wish.source.as_str(),
                    stamp(wish.asked),
                    kind.as_str().unwrap_or_default(),
                    payload.as_ref().map(to_json).transpose()?,
                ],
            )
        })
        .map(|_| ())
    }

    /// All wishes, in the order in which they were written down.
    pub fn wishes(&self) -> Result<Vec<Wish>, StateError> {
        self.read("read the wishes", |conn| {
            conn.prepare_cached("SELECT * FROM wishes ORDER BY ordinal")?
                .query_map([], read)?
                .collect()
        })
    }

    /// Removes a wish: it is carried out, or withdrawn. Whether it was there.
    pub fn remove_wish(&self, id: &RandomId) -> Result<bool, StateError> {
        self.write("remove a wish", |conn| {
            conn.execute("DELETE FROM wishes WHERE id = ?1", [id.as_str()])
        })
        .map(|removed| removed > 0)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Wish> {
    let payload: Option<Value> = json_or_null(row, "payload")?;
    let verb = text_as(row, "kind", |kind: String| {
        let mut verb = Map::from_iter([("kind".to_owned(), Value::String(kind))]);
        verb.extend(payload.map(|payload| ("payload".to_owned(), payload)));
        Ok(serde_json::from_value::<Verb>(Value::Object(verb))?)
    })?;
    Ok(Wish {
        id: RandomId::from_stored(row.get::<_, String>("id")?),
        source: parsed(row, "source")?,
        asked: parsed(row, "asked")?,
        verb,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{moment, state};
    use super::*;

    #[test]
    fn wishes_are_kept_in_order_until_they_are_removed() {
        let state = state();
        let verbs = [
            Verb::Reset { accept_drop: true },
            Verb::Rewind { to: 3 },
            Verb::SetAsProcessed {
                glob: "raw/\"é\"*.csv".to_owned(),
            },
            Verb::Hold {
                glob: "*".to_owned(),
            },
            Verb::Release {
                glob: "*".to_owned(),
            },
        ];
        let wishes = verbs.map(|verb| Wish {
            id: RandomId::new(),
            source: "orders".parse().unwrap(),
            asked: moment(1),
            verb,
        });
        for wish in &wishes {
            state.add_wish(wish).unwrap();
        }
        assert_eq!(state.wishes().unwrap(), wishes);
        assert!(state.remove_wish(&wishes[1].id).unwrap());
        assert!(!state.remove_wish(&wishes[1].id).unwrap());
        assert_eq!(state.wishes().unwrap()[1], wishes[2]);
        assert_eq!(state.wishes().unwrap().len(), 4);
    }
}

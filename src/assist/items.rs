//! The list of a SELECT: which columns each expression makes.

use std::ops::Range;

use super::query::{DEEPEST, Item, Reader, all_columns};
use super::scope::{Column, Source, fields};
use super::words::Kind;

impl Reader<'_> {
    /// The columns that an expression of a SELECT makes. One that has no name that
    /// could be written is left out.
    pub(super) fn item(
        &self,
        item: Range<usize>,
        sources: &[Source],
        named: &[Item],
    ) -> Vec<Column> {
        let tokens = self.tokens;
        if item.is_empty() {
            return Vec::new();
        }
        let star = tokens.get(item.start).sign("*");
        let qualified = tokens.get(item.start).is_name()
            && tokens.get(item.start + 1).sign(".")
            && tokens.get(item.start + 2).sign("*");
        let chosen = tokens.get(item.start).lower == "columns"
            && tokens.get(item.start).kind == Kind::Function
            && tokens.after(item.start + 1) >= item.end;
        if chosen {
            return all_columns(sources);
        }
        if !star && !qualified {
            return self.one(item, sources, named).into_iter().collect();
        }
        let mut columns = if star {
            all_columns(sources)
        } else {
            let name = std::slice::from_ref(&tokens.get(item.start).lower);
            let source = sources.iter().find(|source| source.is_named(name));
            source.map_or(Vec::new(), |source| source.columns.to_vec())
        };
        self.changed(&mut columns, item);
        columns
    }

    /// EXCLUDE, REPLACE and RENAME after a star.
    fn changed(&self, columns: &mut Vec<Column>, item: Range<usize>) {
        let tokens = self.tokens;
        for at in tokens.level(item) {
            let token = tokens.get(at);
            let inside = match tokens.get(at + 1).sign("(") {
                true => tokens.inside(at + 1),
                false => at + 1..at + 2,
            };
            if token.is("exclude") {
                let names = self.names(inside);
                columns.retain(|c| !names.iter().any(|n| n.eq_ignore_ascii_case(&c.name)));
            } else if token.is("replace") {
                for part in tokens.parts(inside) {
                    let name = &tokens.before(part.end).lower;
                    for column in columns.iter_mut().filter(|c| *c.lower == **name) {
                        let ty = self.ty(part.start..part.end.saturating_sub(2));
                        *column = Column::new(&column.name, &ty);
                    }
                }
            } else if token.is("rename") {
                for part in tokens.parts(inside) {
                    let names = self.names(part);
                    let [from, to] = &names[..] else { continue };
                    for column in columns.iter_mut() {
                        if column.name.eq_ignore_ascii_case(from) {
                            *column = column.named(to);
                        }
                    }
                }
            }
        }
    }

    /// The name that an expression is given: `x AS name`, `x name` or `name: x`.
    pub(super) fn alias(&self, item: &Range<usize>) -> Option<String> {
        let tokens = self.tokens;
        if item.len() < 2 {
            return None;
        }
        if tokens.get(item.start).is_name() && tokens.get(item.start + 1).sign(":") {
            return Some(tokens.name(item.start));
        }
        let last = item.end - 1;
        let before = tokens.before(last);
        let could = tokens.get(last).is_name() || tokens.get(last).kind == Kind::Keyword;
        if could && before.is("as") {
            return Some(tokens.name(last));
        }
        let ends_operand = before.is_name()
            || matches!(before.kind, Kind::Number | Kind::Text | Kind::Parameter)
            || before.closes()
            || before.any(&["end", "null", "true", "false"]);
        (tokens.get(last).is_name() && ends_operand).then(|| tokens.name(last))
    }

    fn one(&self, item: Range<usize>, sources: &[Source], named: &[Item]) -> Option<Column> {
        let tokens = self.tokens;
        let alias = self.alias(&item);
        let mut value = item.clone();
        if alias.is_some() {
            if tokens.get(item.start + 1).sign(":") {
                value.start += 2;
            } else {
                value.end -= 1;
                value.end -= usize::from(tokens.before(value.end).is("as"));
            }
        }
        let chain = tokens.chain_before(value.end);
        let whole = !chain.is_empty() && chain.len() * 2 - 1 == value.len();
        let found = match whole {
            true => self.named_column(&chain, sources, named),
            false => None,
        };
        let column = found.unwrap_or_else(|| Column::new("", &self.ty(value.clone())));
        let name = match alias {
            Some(alias) => alias,
            None if whole => tokens.name(value.end - 1),
            None => return None,
        };
        Some(column.named(&name))
    }

    fn named_column(&self, chain: &[String], sources: &[Source], named: &[Item]) -> Option<Column> {
        let (last, before) = chain.split_last().filter(|_| chain.len() < DEEPEST)?;
        if before.is_empty() {
            let of_table = sources.iter().find_map(|source| source.column(last));
            let of_list = || {
                let item = named.iter().find(|i| *i.column.lower == **last);
                item.map(|item| &item.column)
            };
            return of_table.or_else(of_list).cloned();
        }
        if let Some(source) = sources.iter().find(|source| source.is_named(before)) {
            return source.column(last).cloned();
        }
        let of = self.named_column(before, sources, named)?;
        let field = fields(&of.ty)
            .into_iter()
            .find(|field| *field.lower == **last)?;
        Some(field)
    }

    /// The type of an expression, where that is easily seen: a cast, a count, text.
    fn ty(&self, value: Range<usize>) -> String {
        let tokens = self.tokens;
        let text = |range: Range<usize>| {
            let bytes = tokens.get(range.start).range.start..tokens.before(range.end).range.end;
            tokens.text.get(bytes).unwrap_or_default().to_uppercase()
        };
        let first = tokens.get(value.start);
        let cast = tokens
            .level(value.clone())
            .filter(|at| {
                let token = tokens.get(*at);
                token.kind == Kind::Operator
            })
            .last();
        if let Some(cast) = cast {
            let is_cast = tokens.get(cast).sign("::") && cast + 1 < value.end;
            return if is_cast {
                text(cast + 1..value.end)
            } else {
                String::new()
            };
        }
        let inside = tokens.inside(value.start + 1);
        if tokens.after(value.start + 1) == value.end && !inside.is_empty() {
            if matches!(&*first.lower, "cast" | "try_cast") {
                let to = tokens
                    .level(inside.clone())
                    .find(|at| tokens.get(*at).is("as"));
                return to.map_or(String::new(), |to| text(to + 1..inside.end));
            }
            if first.kind == Kind::Function && matches!(&*first.lower, "count" | "row_number") {
                return "BIGINT".to_owned();
            }
        }
        match first.kind {
            Kind::Text if value.len() == 1 => "VARCHAR".to_owned(),
            _ => String::new(),
        }
    }
}

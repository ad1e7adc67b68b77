//! Quantiles of a column of any length, exactly and in little memory: the values are
//! counted in ranges, then in ranges of the range that has the one in question, until
//! it is found. The engine's own keep all values in memory, and cannot let them go.

use super::error::BrowseError;
use crate::engine::Session;

/// Ranges that are counted at once. Whole multiples make the bars of a histogram.
const RANGES: usize = 24 * 256;
/// So few values are put in order instead.
const FEW: u64 = 200_000;
/// After so many rounds, too: numbers of very different sizes.
const ROUNDS: usize = 6;

/// Numbers in the rows of a table.
pub struct Numbers<'a> {
    pub session: &'a Session,
    /// An expression for FROM.
    pub scan: &'a str,
    /// An expression of a finite DOUBLE, or NULL.
    pub number: &'a str,
    /// How many are not NULL, the least and the greatest.
    pub count: u64,
    pub low: f64,
    pub high: f64,
}

/// A part of the numbers: those from one to another.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Part {
    low: f64,
    high: f64,
    /// Numbers below it, and in it.
    before: u64,
    count: u64,
}

/// One range of a part that has numbers.
struct Range {
    of: usize,
    part: Part,
    at: usize,
}

/// Quantiles as `quantile_cont` has them, and how many numbers lie in each of `bars`
/// equal ranges.
///
/// # Errors
/// Any error of the engine.
pub fn of(
    numbers: &Numbers<'_>,
    shares: &[f64],
    bars: usize,
) -> Result<(Vec<f64>, Vec<u64>), BrowseError> {
    let whole = Part {
        low: numbers.low,
        high: numbers.high,
        before: 0,
        count: numbers.count,
    };
    let places: Vec<f64> = shares
        .iter()
        .map(|share| share * numbers.count.saturating_sub(1) as f64)
        .collect();
    // Each lies between two numbers that are neighbours.
    let ranks: Vec<u64> = places
        .iter()
        .flat_map(|place| [place.floor() as u64, place.ceil() as u64])
        .collect();
    let mut parts = vec![whole; ranks.len()];
    let mut histogram = vec![0; bars];
    for round in 0..ROUNDS {
        let mut open: Vec<Part> = Vec::new();
        // What is too narrow to be divided is put in order.
        let is_wide = |part: &&Part| part.high / 2.0 - part.low / 2.0 > 0.0;
        for part in parts.iter().filter(is_wide) {
            if (round == 0 || part.count > FEW) && !open.contains(part) {
                open.push(*part);
            }
        }
        if open.is_empty() {
            break;
        }
        let ranges = count(numbers, &open)?;
        if round == 0 {
            let each = RANGES.div_ceil(bars.max(1));
            for range in &ranges {
                if let Some(bar) = histogram.get_mut(range.at / each) {
                    *bar += range.part.count;
                }
            }
        }
        for (rank, part) in ranks.iter().zip(&mut parts) {
            let Some(of) = open.iter().position(|open| open == part) else {
                continue;
            };
            let holds = |r: &&Range| {
                let end = r.part.before + r.part.count;
                r.of == of && (r.part.before..end).contains(rank)
            };
            if let Some(range) = ranges.iter().find(holds) {
                *part = range.part;
            }
        }
    }
    if numbers.low == numbers.high
        && let Some(first) = histogram.first_mut()
    {
        *first = numbers.count;
    }
    let mut found: Vec<f64> = Vec::new();
    for (ranks, parts) in ranks.chunks(2).zip(parts.chunks(2)) {
        // Neighbours mostly lie in one part, which is read once.
        let here = in_order(numbers, &parts[0], ranks[0])?;
        found.push(here[0]);
        found.push(match (ranks[0] == ranks[1], parts[0] == parts[1]) {
            (true, _) => here[0],
            (false, true) => here[1],
            (false, false) => in_order(numbers, &parts[1], ranks[1])?[0],
        });
    }
    let between = places.iter().zip(found.chunks(2));
    let between = between.map(|(place, pair)| pair[0] + (pair[1] - pair[0]) * place.fract());
    Ok((between.collect(), histogram))
}

/// Counts the numbers of each part in ranges; those of a part in order.
fn count(numbers: &Numbers<'_>, open: &[Part]) -> Result<Vec<Range>, BrowseError> {
    let number = numbers.number;
    let last = RANGES - 1;
    let of_each = open.iter().enumerate().map(|(of, part)| {
        // Halves, so that no difference is too large for a DOUBLE; `{:?}` keeps all digits.
        let (low, width) = (part.low, part.high / 2.0 - part.low / 2.0);
        let at = format!(
            "least({last}, CAST(floor((v / 2 - {low:?}::DOUBLE / 2) / {width:?}::DOUBLE * {RANGES}) \
             AS INTEGER))"
        );
        let first = of * RANGES;
        format!("WHEN v BETWEEN {low:?}::DOUBLE AND {:?}::DOUBLE THEN {first} + {at}", part.high)
    });
    let of_each = of_each.collect::<Vec<_>>().join(" ");
    let sql = format!(
        "SELECT CAST(bin AS VARCHAR), CAST(count(*) AS VARCHAR), CAST(min(v) AS VARCHAR), \
         CAST(max(v) AS VARCHAR) FROM (SELECT v, CASE {of_each} END AS bin FROM \
         (SELECT {number} AS v FROM {}) WHERE v IS NOT NULL) WHERE bin IS NOT NULL \
         GROUP BY bin ORDER BY bin",
        numbers.scan
    );
    let mut ranges: Vec<Range> = Vec::new();
    for row in numbers.session.texts(&sql)? {
        let cells: Vec<String> = row.into_iter().flatten().collect();
        let [bin, count, low, high] = &cells[..] else {
            continue;
        };
        let (Ok(bin), Ok(count)) = (bin.parse::<usize>(), count.parse::<u64>()) else {
            continue;
        };
        let (Ok(low), Ok(high)) = (low.parse::<f64>(), high.parse::<f64>()) else {
            continue;
        };
        let of = bin / RANGES;
        let before = match ranges.last().filter(|range| range.of == of) {
            Some(range) => range.part.before + range.part.count,
            None => open.get(of).map_or(0, |part| part.before),
        };
        let part = Part {
            low,
            high,
            before,
            count,
        };
        ranges.push(Range {
            of,
            part,
            at: bin % RANGES,
        });
    }
    Ok(ranges)
}

/// The number of a rank and the one behind it, by putting those of its part in order.
fn in_order(numbers: &Numbers<'_>, part: &Part, rank: u64) -> Result<[f64; 2], BrowseError> {
    if part.low >= part.high {
        return Ok([part.low; 2]);
    }
    let sql = format!(
        "SELECT CAST(v AS VARCHAR) FROM (SELECT {} AS v FROM {}) \
         WHERE v BETWEEN {:?}::DOUBLE AND {:?}::DOUBLE ORDER BY v LIMIT 2 OFFSET {}",
        numbers.number,
        numbers.scan,
        part.low,
        part.high,
        rank - part.before
    );
    let rows = numbers.session.texts(&sql)?.into_iter().flatten().flatten();
    let read: Vec<f64> = rows.filter_map(|text| text.parse().ok()).collect();
    let first = read.first().copied().unwrap_or(part.low);
    Ok([first, read.get(1).copied().unwrap_or(first)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Settings;
    use crate::model::interrupt::Interrupt;

    #[test]
    fn they_are_those_of_the_engine() {
        let session = Session::in_memory(&Settings::default(), &Interrupt::default()).unwrap();
        let shares = [0.1, 0.25, 0.5, 0.75, 0.9];
        for number in [
            "i",
            "i % 1000",
            "hash(i) / 1e15",
            "CASE WHEN i < 900000 THEN 7 ELSE i END",
            "exp((hash(i) % 1000003) / 1500.0)",
            "-exp((hash(i) % 1000003) / 1500.0)",
            "CASE i % 3 WHEN 0 THEN 1.7e308 WHEN 1 THEN -1.7e308 ELSE i END",
            "CASE WHEN i % 10 > 0 THEN i / 7 END",
            "42",
            "CASE WHEN i = 3 THEN 1.5 END",
        ] {
            let number = format!("CAST({number} AS DOUBLE)");
            let scan = "range(1000000) AS r(i)";
            let ask = |what: &str| {
                let sql = format!("SELECT CAST({what} AS VARCHAR) FROM {scan}");
                session.text(&sql).unwrap().unwrap()
            };
            let numbers = Numbers {
                session: &session,
                scan,
                number: &number,
                count: ask(&format!("count({number})")).parse().unwrap(),
                low: ask(&format!("min({number})")).parse().unwrap(),
                high: ask(&format!("max({number})")).parse().unwrap(),
            };
            let (found, histogram) = of(&numbers, &shares, 24).unwrap();
            assert_eq!(histogram.iter().sum::<u64>(), numbers.count, "{number}");
            for (share, found) in shares.iter().zip(found) {
                let own = ask(&format!("quantile_cont({number}, {share})"));
                let own: f64 = own.parse().unwrap();
                let close = (found - own).abs() <= own.abs() * 1e-12;
                assert!(close, "{number} {share}: {found}, not {own}");
            }
        }
    }
}

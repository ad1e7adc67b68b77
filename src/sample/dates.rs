//! Days as numbers, so that they can be counted and drawn.

/// Days since 1970-01-01.
pub type Day = i64;

/// The day of a date (H. Hinnant, "chrono-compatible low-level date
/// algorithms", `days_from_civil`).
pub fn day(year: i64, month: i64, day_of_month: i64) -> Day {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day_of_month - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of the month of a day (the same source, `civil_from_days`).
pub fn date(day: Day) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted_month + 2) / 5 + 1)
}

/// The first day of the month that is `months` before the month of a first day.
pub fn months_before(first_of_month: Day, months: i64) -> Day {
    let (year, month, _) = date(first_of_month);
    let count = year * 12 + month - 1 - months;
    day(count.div_euclid(12), count.rem_euclid(12) + 1, 1)
}

/// `2024-09-01`.
pub fn iso(day: Day) -> String {
    let (year, month, day_of_month) = date(day);
    format!("{year:04}-{month:02}-{day_of_month:02}")
}

/// `1/09/2024`: the day first, and not padded, as the accounts come.
pub fn day_first(day: Day) -> String {
    let (year, month, day_of_month) = date(day);
    format!("{day_of_month}/{month:02}/{year}")
}

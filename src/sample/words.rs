//! The words that the sample's names, addresses and items are made of. All are
//! made up; telephone numbers are of those that Australia keeps for fiction.

use super::rng::Rng;

const FAMILIES: &[&str] = &[
    "Abernethy",
    "Brännström",
    "Calloway",
    "Çelik",
    "D'Arcy",
    "Dunmore",
    "Eastaway",
    "Fairweather",
    "Göbel",
    "Grimshaw",
    "Hollowell",
    "Ibarra",
    "Jankowiak",
    "Kirkbride",
    "Lefèvre",
    "Lovelock",
    "Łukasik",
    "Merriwether",
    "Nakagawa",
    "Núñez",
    "O'Hallam",
    "Okonjo",
    "Pettigrew",
    "Quillfeather",
    "Rasmussen",
    "Sørby",
    "Tamm",
    "Thistlewood",
    "Underhay",
    "Venkataraman",
    "Waverley",
    "Yarrow",
];
const GIVEN: &[&str] = &[
    "Ada", "Anaïs", "Bram", "Callum", "Dilys", "Edda", "Farid", "Greta", "Hemi", "Imogen", "Jai",
    "Kirra", "Leif", "Mabel", "Nils", "Odette", "Pavel", "Ravi", "Siân", "Tui", "Una", "Vikram",
    "Wren", "Zoë",
];
const PLACES: &[&str] = &[
    "Aldermere",
    "Bilby Flat",
    "Cobblers Reach",
    "Dunwattle",
    "Echo Siding",
    "Ferntree Gap",
    "Gullane Heads",
    "Half Moon Weir",
    "Ironbark Hill",
    "Jindabool",
    "Kettle Creek",
    "Lower Tarrow",
    "Mallee Cross",
    "North Quillan",
    "Old Saltpan",
    "Port Kessick",
    "Quandong",
    "Rosella Downs",
    "Saint Orla",
    "Upper Yabby",
];
const STREETS: &[&str] = &[
    "Bottlebrush",
    "Cannery",
    "Drover's",
    "Foundry",
    "Jetty",
    "Kingfisher",
    "Lantern",
    "Magpie",
    "Orchard",
    "Pumphouse",
    "Ropemaker",
    "Saltworks",
    "Tollgate",
    "Wharfinger",
    "Woolstore",
];
const STREET_KINDS: &[&str] = &["Street", "Road", "Lane", "Parade", "Crescent", "Way"];
const STATES: &[&str] = &["NSW 2", "VIC 3", "QLD 4", "SA 5", "WA 6", "TAS 7"];
const TRADES: &[&str] = &[
    "Autohaus",
    "Car Yard",
    "Garage",
    "Motor Works",
    "Panel & Paint",
    "Smash Repairs",
    "Tyres",
    "Used Utes",
    "Van Centre",
    "Vehicle Hire",
];
const NICKNAMES: &[&str] = &[
    "Big Spanner",
    "Dusty Boot",
    "Lucky Piston",
    "Red Kelpie",
    "Two Bob",
];
const MOBILES: &[&str] = &[
    "570 006", "570 110", "570 156", "570 157", "570 158", "570 159", "570 313", "570 737",
    "571 266", "571 491",
];
const PARTS: &[&str] = &[
    "Air Filter",
    "Alternator",
    "Brake Pad Set",
    "Cabin Filter",
    "Clutch Kit",
    "Coolant",
    "Drive Belt",
    "Engine Oil",
    "Fuel Pump",
    "Glow Plug",
    "Head Lamp",
    "Ignition Coil",
    "Radiator Hose",
    "Shock Absorber",
    "Spark Plug",
    "Tail Lamp",
    "Timing Chain",
    "Tow Bar",
    "Wheel Bearing",
    "Wiper Blade",
];
const GRADES: &[&str] = &[
    "Basic",
    "Trade",
    "Heavy Duty",
    "Touring",
    "Outback",
    "Workshop",
];
const DETAILS: &[&str] = &[
    "Single",
    "Pair",
    "Set of four",
    "Carton of 12",
    "Left, front",
    "Right, front",
    "Fits 3/8\" drive",
    "With gasket, bolts and sealant",
];

/// The name of a company: some hold commas, quotes, apostrophes or letters
/// beyond ASCII, because those of real companies do.
pub fn company(rng: &mut Rng) -> String {
    let family = rng.word(FAMILIES);
    let trade = rng.word(TRADES);
    match rng.below(8) {
        0 => format!("{family} & Daughters, {trade}"),
        1 => format!("The \"{}\" {trade}", rng.word(NICKNAMES)),
        2 => format!("{}'s {trade}", rng.word(GIVEN)),
        3 => format!("{family}, {} & Co.", rng.word(FAMILIES)),
        4 | 5 => format!("{} {trade}", rng.word(PLACES)),
        _ => format!("{family} {trade}"),
    }
}

/// An address of two lines, now and then of three.
pub fn address(rng: &mut Rng) -> String {
    let place = rng.word(PLACES);
    let state = rng.word(STATES);
    let street = rng.word(STREETS);
    let kind = rng.word(STREET_KINDS);
    let number = rng.between(1, 480);
    let postcode = rng.between(100, 999);
    let before = match rng.below(10) {
        0 => format!("Rear Workshop {}\n", rng.between(1, 9)),
        1 | 2 => format!("Unit {}, ", rng.between(1, 40)),
        _ => String::new(),
    };
    format!("{before}{number} {street} {kind}\n{place} {state}{postcode}")
}

/// The person to call.
pub fn person(rng: &mut Rng) -> String {
    format!("{} {}", rng.word(GIVEN), rng.word(FAMILIES))
}

/// A telephone number, in one of the many ways in which people write them.
pub fn phone(rng: &mut Rng) -> String {
    let area = rng.word(&["2", "3", "7", "8"]);
    let line = rng.below(10_000);
    match rng.below(7) {
        0 => format!("(0{area}) 5550 {line:04}"),
        1 => format!("0{area}-5550-{line:04}"),
        2 => format!("+61 {area} 5550 {line:04}"),
        3 => format!("0{area}5550{line:04}"),
        4 => format!("0{area}.5550.{line:04}x{}", rng.between(10, 999)),
        5 => format!("5550-{line:04} ext. {}", rng.between(10, 99)),
        _ => format!("0491 {}", rng.word(MOBILES)),
    }
}

/// `F`, `M` or, seldom, `X`.
pub fn gender(rng: &mut Rng) -> &'static str {
    rng.word(&["F", "F", "F", "F", "M", "M", "M", "M", "X"])
}

/// The id of an item: four groups, the last a check digit that may be `X`, so
/// that nobody takes it for a number. Ids differ for the first 90,000 items.
pub fn item_id(index: u64) -> String {
    // Multiplying by a prime that does not divide 90,000 scatters the ids
    // without letting two meet.
    let body = 10_000 + (index * 7_919 + 31_337) % 90_000;
    let group = 40 + index % 7;
    let check = (body * 3 + group) % 11;
    let last = if check == 10 {
        "X".to_owned()
    } else {
        check.to_string()
    };
    format!("{group}-{:03}-{:02}-{last}", body / 100, body % 100)
}

/// The name of an item; different for the first 120.
pub fn item_name(index: u64) -> String {
    let part = PARTS[(index % PARTS.len() as u64) as usize];
    let grade = GRADES[(index / PARTS.len() as u64 % GRADES.len() as u64) as usize];
    format!("{part} {grade}")
}

/// What else is said of an item.
pub fn item_description(rng: &mut Rng) -> &'static str {
    rng.word(DETAILS)
}

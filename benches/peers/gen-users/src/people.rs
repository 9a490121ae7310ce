//! Synthetic users: every user is a pure function of the seed and a number, the same on every machine.
//!
//! Names, spellings and the order of proxy addresses vary as they do in real directories; a given share of the
//! users has one of twenty defects.

#[rustfmt::skip]
const FIRST: &[&str] = &[
    "James", "Mary", "Robert", "Patricia", "John", "Jennifer", "Michael", "Linda", "David", "Elizabeth",
    "William", "Barbara", "Richard", "Susan", "Joseph", "Jessica", "Thomas", "Karen", "Christopher",
    "Sarah", "Charles", "Lisa", "Daniel", "Nancy", "Matthew", "Sandra", "Anthony", "Betty", "Mark",
    "Ashley", "Donald", "Emily", "Steven", "Kimberly", "Andrew", "Margaret", "Paul", "Donna", "Joshua",
    "Michelle", "Kenneth", "Carol", "Kevin", "Amanda", "Brian", "Melissa", "Anna", "Lukas", "Jonas",
    "Katharina", "Jürgen", "Søren", "Łukasz", "Zoë", "José", "François", "Chloé", "Siân", "Håkon",
    "Nikolaj", "Émilie", "Ángel",
];
/// [`FIRST`] as it is written in addresses.
#[rustfmt::skip]
const FIRST_ASCII: &[&str] = &[
    "james", "mary", "robert", "patricia", "john", "jennifer", "michael", "linda", "david", "elizabeth",
    "william", "barbara", "richard", "susan", "joseph", "jessica", "thomas", "karen", "christopher",
    "sarah", "charles", "lisa", "daniel", "nancy", "matthew", "sandra", "anthony", "betty", "mark",
    "ashley", "donald", "emily", "steven", "kimberly", "andrew", "margaret", "paul", "donna", "joshua",
    "michelle", "kenneth", "carol", "kevin", "amanda", "brian", "melissa", "anna", "lukas", "jonas",
    "katharina", "juergen", "soeren", "lukasz", "zoe", "jose", "francois", "chloe", "sian", "hakon",
    "nikolaj", "emilie", "angel",
];
#[rustfmt::skip]
const LAST: &[&str] = &[
    "Smith", "Johnson", "Williams", "Brown", "Jones", "Garcia", "Miller", "Davis", "Rodriguez", "Martinez",
    "Hernandez", "Lopez", "Gonzalez", "Wilson", "Anderson", "Thomas", "Taylor", "Moore", "Jackson",
    "Martin", "Lee", "Perez", "Thompson", "White", "Harris", "Sanchez", "Clark", "Ramirez", "Lewis",
    "Robinson", "Walker", "Young", "Allen", "King", "Wright", "Scott", "Torres", "Nguyen", "Hill", "Flores",
    "Green", "Adams", "Nelson", "Baker", "Hall", "Rivera", "Campbell", "Mitchell", "Carter", "Roberts",
    "O'Brien", "O'Neill", "van der Berg", "de la Cruz", "Smith-Jones", "Meyer-Landrut", "Müller", "Schäfer",
    "Groß", "Sørensen", "Lindström", "Wójcik", "Dvořák", "Yılmaz", "Papadopoulos", "Иванов", "田中", "김",
];
/// [`LAST`] as it is written in addresses.
#[rustfmt::skip]
const LAST_ASCII: &[&str] = &[
    "smith", "johnson", "williams", "brown", "jones", "garcia", "miller", "davis", "rodriguez", "martinez",
    "hernandez", "lopez", "gonzalez", "wilson", "anderson", "thomas", "taylor", "moore", "jackson",
    "martin", "lee", "perez", "thompson", "white", "harris", "sanchez", "clark", "ramirez", "lewis",
    "robinson", "walker", "young", "allen", "king", "wright", "scott", "torres", "nguyen", "hill", "flores",
    "green", "adams", "nelson", "baker", "hall", "rivera", "campbell", "mitchell", "carter", "roberts",
    "o'brien", "o'neill", "vanderberg", "delacruz", "smith-jones", "meyer-landrut", "mueller", "schaefer",
    "gross", "sorensen", "lindstroem", "wojcik", "dvorak", "yilmaz", "papadopoulos", "ivanov", "tanaka",
    "kim",
];
#[rustfmt::skip]
const DOMAINS: &[&str] = &[
    "contoso.com", "contoso.com", "contoso.com", "contoso.com", "fabrikam.com", "emea.contoso.com",
    "apac.contoso.com", "northwind-traders.co.uk",
];
#[rustfmt::skip]
const CITIES: &[(&str, &str)] = &[
    ("Berlin", "Germany"), ("London", "United Kingdom"), ("Seattle", "United States"), ("Osaka", "Japan"),
    ("São Paulo", "Brazil"), ("Zürich", "Switzerland"), ("Austin", "United States"), ("Pune", "India"),
];
#[rustfmt::skip]
const DEPARTMENTS: &[&str] = &[
    "Sales", "IT", "Finance", "R&D", "Human Resources", "Legal", "Operations",
];

/// One user; `None` where the directory has no value.
pub(crate) struct Person {
    pub(crate) dn: String,
    pub(crate) sam: String,
    pub(crate) upn: Option<String>,
    pub(crate) mail: Option<String>,
    pub(crate) proxies: Vec<String>,
    pub(crate) pua: Option<String>,
    pub(crate) enabled: Option<&'static str>,
    pub(crate) locator: Option<&'static str>,
    pub(crate) account_control: &'static str,
    pub(crate) display: String,
}

/// What decides who the users of a file are.
#[derive(Clone, Copy)]
pub(crate) struct Population {
    /// Another seed, other users.
    pub(crate) seed: u64,
    /// How many of 1000 users have a defect.
    pub(crate) defects: u64,
}

impl Population {
    /// The user of a number, in an organizational unit of this name.
    pub(crate) fn person(self, number: u64, unit: &str) -> Person {
        let (id, mut rng) = Id::of(self.seed, number);
        let first = FIRST[id.first];
        let (mut person, primary) = healthy(&id, &mut rng);
        let (city, country) = CITIES[rng.place(CITIES.len())];
        person.dn = format!(
            "CN={}\\, {first} ({number}),OU={unit},OU={city},OU={country},DC=corp,DC=contoso,DC=com",
            LAST[id.last]
        );
        if number > 0 && rng.below(1000) < self.defects {
            let kind = rng.below(20);
            let other = Id::of(self.seed, rng.below(number)).0;
            spoil(&mut person, kind, &id, &other, &primary);
        } else if rng.of_1000(20) {
            // Not mail-enabled.
            person.proxies.clear();
            (person.mail, person.pua, person.enabled, person.locator) = (None, None, None, None);
        }
        person
    }
}

/// `SplitMix64`, a generator of a few lines.
struct Rng(u64);

impl Rng {
    fn new(seed: u64, number: u64) -> Self {
        let mut rng = Self(seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        rng.next();
        rng
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    #[allow(clippy::cast_possible_truncation, reason = "half of the product is what is wanted")]
    fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }

    #[allow(clippy::cast_possible_truncation, reason = "it is below a usize")]
    fn place(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    fn of_1000(&mut self, share: u64) -> bool {
        self.below(1000) < share
    }
}

/// Who a user is; everything else follows.
struct Id {
    first: usize,
    last: usize,
    domain: &'static str,
    number: u64,
}

impl Id {
    fn of(seed: u64, number: u64) -> (Self, Rng) {
        let mut rng = Rng::new(seed, number);
        let first = rng.place(FIRST.len());
        let last = rng.place(LAST.len());
        let domain = DOMAINS[rng.place(DOMAINS.len())];
        (Self { first, last, domain, number }, rng)
    }

    fn primary(&self) -> String {
        let (first, last) = (FIRST_ASCII[self.first], LAST_ASCII[self.last]);
        format!("{first}.{last}{}@{}", self.number, self.domain)
    }

    /// The primary address as people write it: `First.Last@…`.
    fn capitalized(&self) -> String {
        let mut text = String::new();
        let mut up = true;
        for c in self.primary().chars() {
            text.push(if up { c.to_ascii_uppercase() } else { c });
            up = c == '.' && !text.contains('@');
        }
        text
    }

    fn logon_name(&self) -> String {
        let last = LAST_ASCII[self.last].replace(['\'', '-'], "");
        format!("{}{last}{}", &FIRST_ASCII[self.first][..1], self.number)
    }
}

/// A user without a defect and without a DN, and the primary address as this user writes it.
fn healthy(id: &Id, rng: &mut Rng) -> (Person, String) {
    let (first, last) = (FIRST[id.first], LAST[id.last]);
    let (first_ascii, last_ascii) = (FIRST_ASCII[id.first], LAST_ASCII[id.last]);
    let (lower, logon, number) = (id.primary(), id.logon_name(), id.number);
    let primary = if rng.of_1000(600) { id.capitalized() } else { lower.clone() };
    let mut proxies = vec![format!("SMTP:{primary}")];
    for kind in 0..rng.below(5) {
        proxies.push(match kind {
            0 => format!("smtp:{logon}@contoso.mail.onmicrosoft.com"),
            1 => format!("smtp:{}.{last_ascii}{number}@legacy.contoso.com", &first_ascii[..1]),
            2 => format!("smtp:{logon}@contoso.onmicrosoft.com"),
            _ => format!("smtp:{first_ascii}{number}@{}", id.domain),
        });
    }
    let (mut pua, mut enabled, mut locator) = (None, None, None);
    if rng.of_1000(850) {
        let sip = format!("sip:{lower}");
        proxies.push(sip.clone());
        pua = Some(sip);
        enabled = Some(if rng.of_1000(970) { "True" } else { "False" });
        locator = Some(if rng.of_1000(500) { "SRV:" } else { "sipfed.online.lync.com" });
    }
    if rng.of_1000(150) {
        proxies.push(format!(
            "X500:/o=Contoso/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn={:08x}{:04x}-{logon}",
            rng.next() & 0xffff_ffff,
            number & 0xffff
        ));
    }
    if rng.of_1000(20) {
        proxies.push(format!("x400:C=US/A= /P=Contoso/O=Exchange/S={last_ascii}/G={first_ascii}/"));
    }
    // The order of a multi-valued attribute is not defined.
    let turn = rng.place(proxies.len());
    proxies.rotate_left(turn);
    let account_control = if rng.of_1000(900) {
        "512"
    } else if rng.of_1000(500) {
        "514"
    } else {
        "66048"
    };
    let mut display = format!("{last}, {first}");
    if rng.of_1000(30) {
        let nickname: String = first.chars().take(3).collect();
        display = format!("{last}, {first} \"{nickname}\"");
    }
    if rng.of_1000(300) {
        display = format!("{display} ({})", DEPARTMENTS[rng.place(DEPARTMENTS.len())]);
    }
    let (dn, upn, mail) = (String::new(), Some(lower), Some(primary.clone()));
    (Person { dn, sam: logon, upn, mail, proxies, pua, enabled, locator, account_control, display }, primary)
}

/// Gives a user one of twenty defects; `other` is a user of a smaller number.
fn spoil(person: &mut Person, kind: u64, id: &Id, other: &Id, primary: &str) {
    let (first, last, number) = (FIRST_ASCII[id.first], LAST_ASCII[id.last], id.number);
    let proxies = &mut person.proxies;
    match kind {
        // Addresses of another user.
        0 => proxies.push(format!("smtp:{}", other.primary().to_ascii_uppercase())),
        1 => {
            let sip = format!("sip:{}", other.primary());
            match proxies.iter_mut().find(|proxy| proxy.starts_with("sip:")) {
                Some(own) => own.clone_from(&sip),
                None => proxies.push(sip.clone()),
            }
            person.pua = Some(sip);
            person.enabled = Some("True");
        }
        // Values that contradict one another.
        2 => person.mail = Some(format!("{first}.{number}@contoso.com")),
        3 => person.pua = Some(format!("sip:{first}{number}@contoso.com")),
        4 => proxies.push(format!("SMTP:{first}.second{number}@contoso.com")),
        5 => {
            for proxy in proxies {
                if let Some(address) = proxy.strip_prefix("SMTP:") {
                    *proxy = format!("smtp:{address}");
                }
            }
        }
        // Malformed values.
        6 => proxies.push(format!("smtp:{first} {last}{number}@contoso.com")),
        7 => proxies.push(format!("smtp:{first}..{last}{number}@contoso.com")),
        8 => proxies.push(format!("smtp:{first}{number}@contoso")),
        9 => person.pua = Some(id.primary()),
        10 => person.upn = Some(format!("{}@corp.contoso.local", person.sam)),
        11 => proxies.push(format!(" smtp:{first}.ws{number}@contoso.com")),
        12 => proxies.push(format!("smtp:{}{number}@contoso.com", "averylongaliasname".repeat(4))),
        13 => proxies.push(format!("smtp:{}", primary.to_ascii_uppercase())),
        14 => {
            person.pua = None;
            person.enabled = Some("True");
        }
        15 => proxies.push(format!("sip:{first}.alt{number}@contoso.com")),
        // A line break inside a field.
        16 => person.display = format!("{}, {}\r\n(moved)", LAST[id.last], FIRST[id.first]),
        17 => person.upn = Some(other.primary().to_ascii_uppercase()),
        18 => proxies.push(format!("smtp:{first}.mü{number}@contoso.com")),
        _ => {
            person.mail = None;
            proxies.retain(|proxy| !proxy.starts_with("smtp:"));
        }
    }
}

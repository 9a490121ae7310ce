//! The examples of RFC 2849.

use super::*;

const RFC: [&str; 7] = [
    "version: 1
dn: cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com
objectclass: top
objectclass: person
objectclass: organizationalPerson
cn: Barbara Jensen
cn: Barbara J Jensen
cn: Babs Jensen
sn: Jensen
uid: bjensen
telephonenumber: +1 408 555 1212
description: A big sailing fan.

dn: cn=Bjorn Jensen, ou=Accounting, dc=airius, dc=com
objectclass: top
objectclass: person
objectclass: organizationalPerson
cn: Bjorn Jensen
sn: Jensen
telephonenumber: +1 408 555 1212
",
    "version: 1
dn:cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com
objectclass:top
objectclass:person
objectclass:organizationalPerson
cn:Barbara Jensen
cn:Barbara J Jensen
cn:Babs Jensen
sn:Jensen
uid:bjensen
telephonenumber:+1 408 555 1212
description:Babs is a big sailing fan, and travels extensively in sea
 rch of perfect sailing conditions.
title:Product Manager, Rod and Reel Division
",
    "version: 1
dn: cn=Gern Jensen, ou=Product Testing, dc=airius, dc=com
objectclass: top
objectclass: person
objectclass: organizationalPerson
cn: Gern Jensen
cn: Gern O Jensen
sn: Jensen
uid: gernj
telephonenumber: +1 408 555 1212
description:: V2hhdCBhIGNhcmVmdWwgcmVhZGVyIHlvdSBhcmUhICBUaGlzIHZhbHVl
 IGlzIGJhc2UtNjQtZW5jb2RlZCBiZWNhdXNlIGl0IGhhcyBhIGNvbnRyb2wgY2hhcmFjdGVyIG
 luIGl0IChhIENSKS4gIEJ5IHRoZSB3YXksIHlvdSBzaG91bGQgcmVhbGx5IGdldCBvdXQgbW9yZS4=
",
    "version: 1
dn:: b3U95Za25qWt6YOoLG89QWlyaXVz
# dn:: ou=<JapaneseOU>,o=Airius
objectclass: top
objectclass: organizationalUnit
ou:: 5Za25qWt6YOo
# ou:: <JapaneseOU>
ou;lang-ja:: 5Za25qWt6YOo
# ou;lang-ja:: <JapaneseOU>
ou;lang-ja;phonetic:: 44GI44GE44GO44KH44GG44G2
# ou;lang-ja:: <JapaneseOU_in_phonetic_representation>
ou;lang-en: Sales
description: Japanese office

dn:: dWlkPXJvZ2FzYXdhcmEsb3U95Za25qWt6YOoLG89QWlyaXVz
# dn:: uid=<uid>,ou=<JapaneseOU>,o=Airius
userpassword: {SHA}O3HSv1MusyL4kTjP+HKI5uxuNoM=
objectclass: top
objectclass: person
objectclass: organizationalPerson
objectclass: inetOrgPerson
uid: rogasawara
mail: rogasawara@airius.co.jp
givenname;lang-ja:: 44Ot44OJ44OL44O8
# givenname;lang-ja:: <JapaneseGivenname>
sn;lang-ja:: 5bCP56yg5Y6f
# sn;lang-ja:: <JapaneseSn>
givenname:: 44Ot44OJ44OL44O8
# givenname:: <JapaneseGivenname>
sn:: 5bCP56yg5Y6f
# sn:: <JapaneseSn>
cn:: 5bCP56yg5Y6fIOODreODieODi+ODvA==
displayname:: 5bCP56yg5Y6fIOODreODieODi+ODvA==
preferredlanguage: ja
givenname;lang-en: Rodney
sn;lang-en: Ogasawara
displayname;lang-en: Rodney Ogasawara
title;lang-en: Sales, Director
",
    "version: 1
dn: cn=Horatio Jensen, ou=Product Testing, dc=airius, dc=com
objectclass: top
objectclass: person
objectclass: organizationalPerson
cn: Horatio Jensen
cn: Horatio N Jensen
sn: Jensen
uid: hjensen
telephonenumber: +1 408 555 1212
jpegphoto:< file:///usr/local/directory/photos/hjensen.jpg
",
    "version: 1
# Add a new entry
dn: cn=Fiona Jensen, ou=Marketing, dc=airius, dc=com
changetype: add
objectclass: top
objectclass: person
objectclass: organizationalPerson
cn: Fiona Jensen
sn: Jensen
uid: fiona
telephonenumber: +1 408 555 1212
jpegphoto:< file:///usr/local/directory/photos/fiona.jpg

# Delete an existing entry
dn: cn=Robert Jensen, ou=Marketing, dc=airius, dc=com
changetype: delete

# Modify an entry's relative distinguished name
dn: cn=Paul Jensen, ou=Product Development, dc=airius, dc=com
changetype: modrdn
newrdn: cn=Paula Jensen
deleteoldrdn: 1

# Rename an entry and move all of its children to a new location in
# the directory tree (only implemented by LDAPv3 servers).
dn: ou=PD Accountants, ou=Product Development, dc=airius, dc=com
changetype: modrdn
newrdn: ou=Product Development Accountants
deleteoldrdn: 0
newsuperior: ou=Accounting, dc=airius, dc=com

# Modify an entry: add an additional value to the postaladdress
# attribute, completely delete the description attribute, replace
# the telephonenumber attribute with two values, and delete a specific
# value from the facsimiletelephonenumber attribute
dn: cn=Paula Jensen, ou=Product Development, dc=airius, dc=com
changetype: modify
add: postaladdress
postaladdress: 123 Anystreet $ Sunnyvale, CA $ 94086
-
delete: description
-
replace: telephonenumber
telephonenumber: +1 408 555 1234
telephonenumber: +1 408 555 5678
-
delete: facsimiletelephonenumber
facsimiletelephonenumber: +1 408 555 9876
-

# Modify an entry: replace the postaladdress attribute with an empty
# set of values (which will cause the attribute to be removed), and
# delete the entire description attribute. Note that the first will
# always succeed, while the second might not.
dn: cn=Ingrid Jensen, ou=Product Support, dc=airius, dc=com
changetype: modify
replace: postaladdress
-
delete: description
-
",
    "version: 1
# Delete an entry. The operation will attach the LDAPv3
# Tree Delete Control defined in [9]. The criticality
# field is \"true\" and the controlValue field is
# absent, as required by [9].
dn: ou=Product Development, dc=airius, dc=com
control: 1.2.840.113556.1.4.805 true
changetype: delete
",
];

#[test]
fn the_examples_of_the_rfc() {
    use Attr::{DisplayName, DistinguishedName, GivenName, Mail, ObjectClass, Sn};
    let (got, problems) = read(RFC[0]);
    assert_eq!((got.len(), problems.len()), (2, 0));
    assert_eq!(
        got[0].get(DistinguishedName),
        ["cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com"]
    );
    assert_eq!(got[0].get(ObjectClass), ["top;person;organizationalPerson"]);
    assert_eq!((got[0].line, got[1].line, got[1].get(Sn)), (2, 14, vec!["Jensen"]));
    let plain = one(RFC[1]);
    assert_eq!(plain.values, got[0].values);
    assert_eq!(one(RFC[2]).get(Sn), ["Jensen"]);
    let (japanese, problems) = read(RFC[3]);
    assert_eq!((japanese.len(), problems.len()), (2, 0));
    assert_eq!(japanese[0].get(DistinguishedName), ["ou=営業部,o=Airius"]);
    assert_eq!(japanese[1].get(DistinguishedName), ["uid=rogasawara,ou=営業部,o=Airius"]);
    assert_eq!((japanese[1].get(Sn), japanese[1].get(GivenName)), (vec!["小笠原"], vec!["ロドニー"]));
    assert_eq!(japanese[1].get(DisplayName), ["小笠原 ロドニー"]);
    assert_eq!(japanese[1].get(Mail), ["rogasawara@airius.co.jp"]);
    assert_eq!(one(RFC[4]).get(Sn), ["Jensen"]);
    let (changes, problems) = read(RFC[5]);
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].get(DistinguishedName), ["cn=Fiona Jensen, ou=Marketing, dc=airius, dc=com"]);
    assert_eq!(problems, [(Problem::ChangeRecord, 5, vec![15, 19, 26, 36, 55])]);
    assert_eq!(problem(RFC[6]).1, Problem::ChangeRecord);
}

//! The rows of persons, and of the versions of their contact details.

use madoguchi_domain::act::Act;
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::person::{
    AccountId, AccountMail, ContactDetails, EmailAddress, ExternalIdentity, Locale, MailStop,
    NewPerson, Person, PersonId, PersonVersion, PhoneNumber, StopReason,
};
use madoguchi_domain::port::{Sealer, StoreError};
use madoguchi_domain::sealed::{DataKeyId, WrappedKey};
use uuid::Uuid;

use crate::database::column::{At, Key};
use crate::database::parse::{actor, corrupt, moment, opened, parsed_or_corrupt, whole};
use crate::database::schema::{person, person_version};
use crate::database::statement::row;
use crate::vault::sealed_row::SealedRow;

row! {
    pub(crate) struct PersonRow in person {
        person_id: String,
        account_id: String,
        unique_account_id: Option<String>,
        locale: Option<String>,
        data_key_id: Key,
        external_identity: Option<Vec<u8>>,
        version: i32,
        email_since: At,
    }
}

row! {
    pub(crate) struct VersionRow in person_version {
        version_id: Key,
        data_key_id: Key,
        version: i32,
        email: Option<Vec<u8>>,
        phone: Option<Vec<u8>>,
        stop_reason: Option<Vec<u8>>,
        stop_issuer: Option<String>,
        stop_subject: Option<String>,
        stop_kind: Option<String>,
        stop_at: Option<At>,
        actor_issuer: String,
        actor_subject: String,
        actor_kind: String,
        at: At,
        correlation: String,
    }
}

/// A version as a row keeps it.
pub(crate) fn version_number(version: u32) -> i32 {
    i32::try_from(version).unwrap_or(i32::MAX)
}

const fn sealed_person<'a>(
    sealer: &'a dyn Sealer,
    key: &'a WrappedKey,
    id: DataKeyId,
) -> SealedRow<'a> {
    SealedRow { sealer, key, table: "person", row: id.0 }
}

impl PersonRow {
    pub(crate) fn seal(
        sealer: &dyn Sealer,
        key: &WrappedKey,
        NewPerson { person, unique_account, .. }: &NewPerson,
    ) -> Result<Self, StoreError> {
        let identity = person.external_identity.as_ref().map(ExternalIdentity::expose);
        let [external_identity] =
            sealed_person(sealer, key, person.data_key).seal([("external_identity", identity)])?;
        let account = person.account.id.expose().to_owned();
        Ok(Self {
            person_id: person.id.expose().to_owned(),
            unique_account_id: unique_account.then(|| account.clone()),
            account_id: account,
            locale: person.locale.as_ref().map(|locale| locale.as_str().to_owned()),
            data_key_id: Key(person.data_key.0),
            external_identity,
            version: version_number(person.version),
            email_since: person.email_since.into(),
        })
    }

    /// The person with the version of its details that is valid.
    pub(crate) fn open(
        self,
        sealer: &dyn Sealer,
        key: &WrappedKey,
        notification: bool,
        version: VersionRow,
    ) -> Result<Person, StoreError> {
        let data_key = DataKeyId(self.data_key_id.0);
        let [identity] = sealed_person(sealer, key, data_key)
            .open([("external_identity", self.external_identity)], "person.external_identity")?;
        let account = AccountId::parse(&self.account_id).ok();
        let account = parsed_or_corrupt(account, "person.account_id")?;
        let locale = self.locale.map(|locale| Locale::parse(&locale)).transpose();
        Ok(Person {
            id: parsed_or_corrupt(PersonId::parse(&self.person_id).ok(), "person.person_id")?,
            account: AccountMail { id: account, notification },
            locale: parsed_or_corrupt(locale.ok(), "person.locale")?,
            external_identity: opened(
                identity,
                ExternalIdentity::parse,
                "person.external_identity",
            )?,
            details: version.open(sealer, key)?.details,
            email_since: moment(self.email_since, "person.email_since")?,
            data_key,
            version: whole(self.version, "person.version")?,
        })
    }
}

const fn sealed_version<'a>(
    sealer: &'a dyn Sealer,
    key: &'a WrappedKey,
    id: Uuid,
) -> SealedRow<'a> {
    SealedRow { sealer, key, table: "person_version", row: id }
}

impl VersionRow {
    pub(crate) fn seal(
        sealer: &dyn Sealer,
        key: &WrappedKey,
        (person, version_id): (&Person, Uuid),
        act: &Act,
    ) -> Result<Self, StoreError> {
        let ContactDetails { email, phone, mail_stop } = &person.details;
        let mail_stop = mail_stop.as_ref();
        let [email, phone, stop_reason] = sealed_version(sealer, key, version_id).seal([
            ("email", email.as_ref().map(EmailAddress::expose)),
            ("phone", phone.as_ref().map(PhoneNumber::expose)),
            ("stop_reason", mail_stop.map(|stop| stop.reason.expose())),
        ])?;
        Ok(Self {
            version_id: Key(version_id),
            data_key_id: Key(person.data_key.0),
            version: version_number(person.version),
            email,
            phone,
            stop_reason,
            stop_issuer: mail_stop.map(|stop| stop.by.issuer.to_string()),
            stop_subject: mail_stop.map(|stop| stop.by.subject.to_string()),
            stop_kind: mail_stop.map(|stop| stop.by.kind.as_str().to_owned()),
            stop_at: mail_stop.map(|stop| stop.at.into()),
            actor_issuer: act.by.issuer.to_string(),
            actor_subject: act.by.subject.to_string(),
            actor_kind: act.by.kind.as_str().to_owned(),
            at: act.at().into(),
            correlation: act.correlation.as_str().to_owned(),
        })
    }

    pub(crate) fn open(
        self,
        sealer: &dyn Sealer,
        key: &WrappedKey,
    ) -> Result<PersonVersion, StoreError> {
        let [email, phone, reason] = sealed_version(sealer, key, self.version_id.0).open(
            [("email", self.email), ("phone", self.phone), ("stop_reason", self.stop_reason)],
            "person_version.email, phone or stop_reason",
        )?;
        let reason = opened(reason, StopReason::parse, "person_version.stop_reason")?;
        let stop = (self.stop_issuer, self.stop_subject, self.stop_kind, self.stop_at);
        let correlation = CorrelationId::parse(&self.correlation).ok();
        Ok(PersonVersion {
            version: whole(self.version, "person_version.version")?,
            details: ContactDetails {
                email: opened(email, EmailAddress::parse, "person_version.email")?,
                phone: opened(phone, PhoneNumber::parse, "person_version.phone")?,
                mail_stop: mail_stop(reason, stop)?,
            },
            act: Act::new(
                actor(
                    &self.actor_issuer,
                    &self.actor_subject,
                    &self.actor_kind,
                    "person_version.actor_kind",
                )?,
                moment(self.at, "person_version.at")?,
                parsed_or_corrupt(correlation, "person_version.correlation")?,
            ),
        })
    }
}

/// Issuer, subject and kind of who stopped mail, and when.
type StopColumns = (Option<String>, Option<String>, Option<String>, Option<At>);

fn mail_stop(
    reason: Option<StopReason>,
    columns: StopColumns,
) -> Result<Option<MailStop>, StoreError> {
    match (reason, columns) {
        (None, (None, None, None, None)) => Ok(None),
        (Some(reason), (Some(issuer), Some(subject), Some(kind), Some(at))) => {
            let by = actor(&issuer, &subject, &kind, "person_version.stop_kind")?;
            Ok(Some(MailStop { by, at: moment(at, "person_version.stop_at")?, reason }))
        }
        (_, _) => Err(corrupt("person_version.stop_reason")),
    }
}

//! The configuration of upgrades: target level, QR codes, transaction ids.

use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::secret::SecretKey;
use madoguchi_domain::upgrade::TransactionIdScheme;

use super::reader::{Section, value};
use super::secrets;

/// The bank's rules for an upgrade.
#[derive(Debug, Clone)]
pub struct UpgradeSettings {
    /// The level that a passed customer gets.
    pub target: AccountLevel,
    /// URL before the token in a QR code.
    pub qr_base_url: String,
    /// How long a QR code is valid, in seconds.
    pub qr_lifetime_s: u32,
    /// The key from which QR tokens are derived.
    pub qr_key: SecretKey,
    /// How transaction ids are derived.
    pub transaction_ids: TransactionIdScheme,
}

/// The upgrade section without the transaction ids.
pub(super) struct UpgradeSection {
    target: AccountLevel,
    qr_base_url: String,
    qr_lifetime_s: u32,
    qr_key: SecretKey,
}

impl UpgradeSettings {
    pub(super) fn read(section: &mut Section<'_>, keys: &secrets::Keys) -> Option<UpgradeSection> {
        let level = value::parsed(AccountLevel::parse);
        let default = AccountLevel::parse("1A").ok();
        let target = section.optional("target_level", level).or(default);
        let web = |text: &str| {
            let fits = text.starts_with("https://") && text.len() <= 512 && !text.contains(' ');
            fits.then(|| text.trim_end_matches('/').to_owned()).ok_or("must be an https:// address")
        };
        let meaning = "the https:// address that a scanned QR code opens";
        let qr_base_url = section.required("qr_base_url", meaning, value::parsed(web));
        let qr_lifetime_s = section.or("qr_lifetime_s", 600, value::whole(10, 86_400));
        let qr_key = keys.qr_key.clone();
        Some(UpgradeSection {
            target: target?,
            qr_base_url: qr_base_url?,
            qr_lifetime_s,
            qr_key: qr_key?,
        })
    }
}

impl UpgradeSection {
    pub(super) fn into_settings(self, transaction_ids: TransactionIdScheme) -> UpgradeSettings {
        let Self { target, qr_base_url, qr_lifetime_s, qr_key } = self;
        UpgradeSettings { target, qr_base_url, qr_lifetime_s, qr_key, transaction_ids }
    }
}

pub(super) fn read_scheme(
    section: &mut Section<'_>,
    salt: Option<SecretKey>,
) -> Option<TransactionIdScheme> {
    let default = TransactionIdScheme::ALPHABET.to_owned();
    let alphabet = section.or("alphabet", default, value::text);
    let default = u32::try_from(TransactionIdScheme::LENGTH).unwrap_or(u32::MAX);
    let length = section.or("length", default, value::whole(1, 50));
    // Checked even if the salt is missing, so that all mistakes are reported at once.
    let any = salt.clone().or(SecretKey::parse(&[0; 32]).ok())?;
    match TransactionIdScheme::custom(any, &alphabet, length as usize) {
        Ok(scheme) => salt.map(|_| scheme),
        Err(error) => {
            section.mistake("alphabet", format!("and length are refused: {error}"));
            None
        }
    }
}

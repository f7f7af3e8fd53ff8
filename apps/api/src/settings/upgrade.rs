//! The configuration of upgrades: target level, QR codes, transaction ids.

use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::secret::SecretKey;
use madoguchi_domain::upgrade::{QrMint, TransactionIdScheme, UpgradePolicy};

use super::reader::{Section, value};

/// The bank's rules for an upgrade.
#[derive(Debug, Clone)]
pub struct UpgradeSettings {
    /// Target level, QR codes and transaction ids.
    pub policy: UpgradePolicy,
    /// URL before the token in a QR code.
    pub qr_base_url: String,
}

impl UpgradeSettings {
    pub(super) fn read(
        section: &mut Section<'_>,
        qr_key: Option<SecretKey>,
        transaction_ids: Option<TransactionIdScheme>,
    ) -> Option<Self> {
        let level = value::field(AccountLevel::parse);
        let default = AccountLevel::parse("1A").ok();
        let target = section.optional("target_level", level).or(default);
        let web = |text: &str| {
            let fits = text.starts_with("https://") && text.len() <= 512 && !text.contains(' ');
            fits.then(|| text.trim_end_matches('/').to_owned()).ok_or("must be an https:// address")
        };
        let meaning = "the https:// address that a scanned QR code opens";
        let qr_base_url = section.required("qr_base_url", meaning, value::parsed(web));
        let qr_lifetime_s = section.or("qr_lifetime_s", 600, value::whole(10, 86_400));
        let qr = QrMint::new(qr_key?, qr_lifetime_s);
        let policy = UpgradePolicy { target: target?, qr, transaction_ids: transaction_ids? };
        Some(Self { policy, qr_base_url: qr_base_url? })
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

-- Fingerprints of the server's keys: HMACs, from which no key can be computed.
create table server_key (
    name        text primary key check (name in ('deployment_salt', 'audit_key', 'qr_key')),
    fingerprint blob not null check (length(fingerprint) = 32)
) strict, without rowid;

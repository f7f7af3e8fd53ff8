drop view crm_upgrade_v1;
drop view crm_person_v1;
drop view crm_contact_v1;

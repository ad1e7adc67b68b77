/*
description = "The dealer accounts as they are today, one row each."
key = ["account_id"]
*/
-- Contact person, phone and gender stay in `raw.accounts`: no feature needs them.
-- An address keeps its line breaks; only blanks around it go.
SELECT
  account_id,
  trim(company_name) AS company_name,
  trim(company_address) AS company_address,
  joining_date
FROM raw.accounts

/*
description = "Every account has an id, and no two accounts share one."
severity = "fail"
*/
SELECT
  account_id,
  count(*) AS rows_with_this_id
FROM staging.accounts
GROUP BY account_id
HAVING count(*) > 1 OR account_id IS NULL

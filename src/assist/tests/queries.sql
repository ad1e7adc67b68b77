-- What an analyst asks of the demo, from the first look to a feature.
SELECT * FROM features.account_level;

FROM features.invoices;

SELECT account_id, company_name, feature_account_age_day AS age, feature_total_invoices AS invoices
FROM features.account_level ORDER BY account_id LIMIT 5;

SELECT account_id, a.company_name, a.feature_total_invoices AS before, b.feature_total_invoices AS after
FROM history.account_level a JOIN history.account_level b USING (account_id)
WHERE a.ingest_date = '2024-05-12' AND b.ingest_date = '2024-11-03'
ORDER BY after - before DESC, account_id LIMIT 3;

SELECT ingest_date, count(*) AS accounts, sum(feature_total_invoices) AS invoices
FROM history.account_level WHERE ingest_date >= DATE '2024-10-20' GROUP BY ALL ORDER BY 1;

SELECT company_name FROM features.account_level WHERE account_id = $account;

SELECT channel, count(*) AS n FROM raw.invoices GROUP BY channel ORDER BY n DESC;

SELECT date_trunc('month', date_issued) AS month, count(*) AS invoices, sum(amount) AS amount
FROM features.invoices
WHERE date_issued BETWEEN DATE '2024-01-01' AND DATE '2024-06-30'
GROUP BY month
HAVING count(*) > 10
ORDER BY month;

FROM features.invoices SELECT company_name, sum(margin) AS margin WHERE lines > 0 GROUP BY company_name;

WITH monthly AS (
  SELECT account_id, date_trunc('month', date_issued) AS month, sum(amount) AS spent
  FROM features.invoices
  GROUP BY account_id, month
), ranked AS (
  SELECT *, row_number() OVER (PARTITION BY month ORDER BY spent DESC) AS place
  FROM monthly
)
SELECT month, account_id, spent FROM ranked WHERE place <= 3 ORDER BY month, place;

SELECT i.invoice_id, i.amount, a.company_name, a.feature_account_age_year
FROM features.invoices AS i
JOIN features.account_level AS a ON i.account_id = a.account_id
WHERE a.feature_total_invoices > 5 AND i.margin IS NOT NULL
ORDER BY i.amount DESC;

SELECT s.item_name, sum(l.quantity) AS sold, sum(l.quantity * s.item_retail_price) AS turnover
FROM staging.invoice_line_items l
JOIN staging.skus s ON l.item_id = s.item_id
GROUP BY s.item_name
ORDER BY turnover DESC
LIMIT 20;

SELECT company_name, joining_date
FROM staging.accounts a
WHERE NOT EXISTS (SELECT 1 FROM staging.invoices i WHERE i.account_id = a.account_id);

SELECT account_id, company_name
FROM features.account_level
WHERE account_id IN (SELECT account_id FROM features.invoices WHERE amount > 1000);

SELECT invoice_id, amount, amount - lag(amount) OVER (PARTITION BY account_id ORDER BY date_issued) AS change
FROM features.invoices
QUALIFY change IS NOT NULL;

SELECT * EXCLUDE (company_address, joining_date) FROM features.account_level;

SELECT * REPLACE (round(amount, 0) AS amount) FROM features.invoices WHERE units > 100;

SELECT COLUMNS('feature_.*') FROM features.account_level;

SELECT invoice_id, item_id, quantity FROM raw.invoice_line_items WHERE quantity < 0;

SELECT item_id FROM staging.skus EXCEPT SELECT item_id FROM staging.invoice_line_items;

SELECT invoice_id FROM staging.invoices
UNION ALL
SELECT invoice_id FROM staging.invoice_line_items
ORDER BY invoice_id;

SELECT invoice_id, account_id, date_issued FROM staging.invoices ANTI JOIN staging.accounts USING (account_id);

SELECT t.account_id, latest.invoice_id, latest.amount
FROM features.account_level t
CROSS JOIN LATERAL (
  SELECT i.invoice_id, i.amount FROM features.invoices i
  WHERE i.account_id = t.account_id ORDER BY i.date_issued DESC LIMIT 1
) latest;

SELECT CASE WHEN feature_account_age_year > 5 THEN 'old' WHEN feature_account_age_year > 1 THEN 'known' ELSE 'new' END AS kind,
  count(*) AS accounts, avg(feature_total_invoices) AS invoices, median(feature_avg_invoice_interval_day) AS days
FROM features.account_level GROUP BY kind;

SELECT x.company_name, x.amount, y.amount AS before
FROM history.invoices x
LEFT JOIN history.invoices y
  ON x.invoice_id = y.invoice_id AND y.ingest_date = DATE '2024-10-27'
WHERE x.ingest_date = DATE '2024-11-03' AND x.amount IS DISTINCT FROM y.amount;

SELECT count(DISTINCT account_id) FILTER (WHERE margin < 0) AS losing, count(DISTINCT account_id) AS all_accounts
FROM features.invoices;

WITH lines(invoice, item, pieces) AS (SELECT invoice_id, item_id, quantity FROM staging.invoice_line_items)
SELECT item, sum(pieces) AS pieces FROM lines GROUP BY item;

WITH RECURSIVE days AS (
  SELECT DATE '2024-05-12' AS day
  UNION ALL
  SELECT day + 7 FROM days WHERE day < DATE '2024-11-03'
)
SELECT day::DATE AS day, count(ingest_date) AS accounts
FROM days LEFT JOIN history.account_level ON ingest_date = day GROUP BY day ORDER BY day;

SELECT quarter, total FROM (
  SELECT date_part('quarter', date_issued) AS quarter, sum(cost) AS total FROM features.invoices GROUP BY 1
) WHERE total > 0;

PIVOT features.invoices ON company_name USING sum(amount) GROUP BY date_issued;

SELECT invoice_id, list_transform([cost, amount, margin], lambda x: round(x, 1)) AS figures FROM features.invoices;

SELECT m.account_id, m.margins[1] AS first_margin, m.box.low
FROM (
  SELECT account_id, list(margin ORDER BY date_issued) AS margins, struct_pack(low := min(margin), high := max(margin)) AS box
  FROM features.invoices GROUP BY account_id
) m;

SUMMARIZE features.account_invoice_level;

DESCRIBE history.invoices;

EXPLAIN ANALYZE SELECT company_name, count(*) FROM features.invoices GROUP BY company_name;

SELECT a.company_name, i.feature_invoice_spending, i.feature_invoice_margin / nullif(i.feature_invoice_spending, 0) AS share
FROM features.account_invoice_level i
JOIN features.account_level a USING (account_id)
WHERE a.company_name ILIKE '%motor%';

SELECT gender, contact_person, contact_phone FROM raw.accounts WHERE gender = 'F' AND contact_phone LIKE '04%';

SELECT item_name, item_retail_price - item_cost_price AS profit FROM staging.skus
WHERE item_description IS NOT NULL ORDER BY profit DESC;

SELECT l.item_id, l.quantity, inv.date_issued, acc.company_name
FROM staging.invoice_line_items l
JOIN staging.invoices inv USING (invoice_id)
JOIN staging.accounts acc USING (account_id)
WHERE acc.joining_date < inv.date_issued;

SELECT account_id, max(date_issued) - min(date_issued) AS span
FROM staging.invoices GROUP BY account_id HAVING count(invoice_id) > 1;

SELECT coalesce(a.account_id, b.account_id) AS account_id, a.feature_total_invoices, b.n
FROM features.account_level a
FULL JOIN (SELECT account_id, count(*) AS n FROM raw.invoices GROUP BY account_id) b
  ON a.account_id = b.account_id;

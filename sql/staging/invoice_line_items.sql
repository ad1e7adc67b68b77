/*
description = "What each invoice is for. There is no key: an invoice may list an item twice, and both lines count."
*/
SELECT
  invoice_id,
  item_id,
  quantity
FROM raw.invoice_line_items

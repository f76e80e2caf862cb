-- Which attributes are customers?
regexp_matches(attribute, 'customer|partner|party|sold.?to|ship.?to|bill.?to|payer', 'i')

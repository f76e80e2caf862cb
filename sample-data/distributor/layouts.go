package distributor

// layouts lists every table, by system, in the order of the contract
// (ingest/distributor/tables.yaml and truth.yaml; a test compares).
var layouts = []layout{
	laid("erp", "customer", "customer_no:t name:t country:t customer_group:t currency:t payment_terms_days:i credit_limit:2 created_on:d"),
	laid("erp", "material", "material_no:t name:t material_group:t unit:t list_price_eur:4"),
	laid("erp", "app_user", "user_name:t kind:t department:t"),
	laid("erp", "sales_order", "order_no:t order_type:t customer_no:t site:t organisation:t channel:t po_number:t requested_date:d payment_terms_days:i currency:t net_value:2 "+
		"created_at:s created_by:t confirmed_at:s confirmed_by:t released_at:s released_by:t reference_order_no:t cancelled_at:s cancelled_by:t"),
	laid("erp", "sales_order_item", "order_no:t item_no:i material_no:t quantity:3 unit:t net_price:4 net_value:2 site:t requested_date:d created_at:s "+
		"rejection_reason:t rejected_by_customer:t reference_order_no:t reference_item_no:i"),
	laid("erp", "schedule_line", "order_no:t item_no:i line_no:i requested_date:d first_confirmed_date:d confirmed_date:d requested_quantity:3 confirmed_quantity:3"),
	laid("erp", "order_block", "block_no:t order_no:t item_no:i kind:t reason:t at_creation:t set_at:s set_by:t released_at:s released_by:t"),
	laid("erp", "change_log", "change_no:t position:i object_kind:t object_no:t item_no:i field:t old_value:t new_value:t user_name:t change_date:d change_time:t"),
	laid("erp", "delivery", "delivery_no:t kind:t site:t customer_no:t carrier:t first_planned_date:d planned_date:d created_at:s created_by:t cancelled_at:s cancelled_by:t"),
	laid("erp", "delivery_item", "delivery_no:t item_no:i order_no:t order_item_no:i material_no:t quantity:3 unit:t batch:t"),
	laid("erp", "goods_movement", "movement_no:t line_no:i delivery_no:t delivery_item_no:i movement_type:t quantity:3 posting_date:d created_at:s created_by:t reverses_movement_no:t"),
	laid("erp", "invoice", "invoice_no:t kind:t customer_no:t organisation:t invoice_date:d payment_terms_days:i currency:t net_amount:2 tax_amount:2 gross_amount:2 "+
		"created_at:s created_by:t posted_at:s posted_by:t cancels_invoice_no:t reference_invoice_no:t"),
	laid("erp", "invoice_item", "invoice_no:t item_no:i order_no:t order_item_no:i delivery_no:t delivery_item_no:i material_no:t quantity:3 unit:t net_price:4 net_amount:2"),
	laid("erp", "output", "output_no:t object_kind:t object_no:t medium:t status:t created_at:s created_by:t processed_at:s"),

	laid("wms", "allocation", "allocation_no:t warehouse:t delivery_ref:t delivery_item:i batch:t location:t quantity:3 allocated_at:s allocated_by:t deallocated_at:s deallocated_by:t"),
	laid("wms", "wave", "wave_no:t warehouse:t released_at:s released_by:t closed_at:s"),
	laid("wms", "pick", "pick_no:t wave_no:t warehouse:t delivery_ref:t delivery_item:i location:t target_quantity:3 picked_quantity:3 short_reason:t picked_by:t started_at:s finished_at:s"),
	laid("wms", "package", "package_no:t warehouse:t delivery_ref:t weight_kg:3 packed_by:t packed_at:s"),
	laid("wms", "shipment", "shipment_no:t warehouse:t carrier:t consignment_no:t departed_at:s planned_arrival:s"),
	laid("wms", "shipment_delivery", "shipment_no:t delivery_ref:t"),

	laid("carrier", "tracking_event", "event_id:t carrier:t consignment_no:t delivery_reference:t status:t location:t event_time:z received_at:z"),

	laid("finance", "receivable", "entry_no:t kind:t invoice_no:t credit_memo_no:t customer_no:t residual_of:t reason:t posting_date:d due_date:d currency:t amount:2 created_at:s"),
	laid("finance", "bank_line", "statement_no:t line_no:i value_date:d currency:t amount:2 payer_name:t remittance_text:t imported_at:s"),
	laid("finance", "receipt", "receipt_no:t statement_no:t line_no:i customer_no:t currency:t amount:2 created_by:t created_at:s"),
	laid("finance", "application", "application_no:t kind:t entry_no:t receipt_no:t offset_entry_no:t clearing_no:t amount:2 applied_at:s applied_by:t applied_by_kind:t reversed_at:s reversed_by:t"),
	laid("finance", "dunning", "dunning_no:t entry_no:t level:i run_date:d"),
	laid("finance", "promise", "promise_no:t entry_no:t currency:t amount:2 promised_on:d due_on:d"),
	laid("finance", "dispute", "case_no:t customer_no:t invoice_no:t entry_no:t reason:t status:t outcome:t owner:t currency:t disputed_amount:2 credited_amount:2 "+
		"opened_at:s opened_by:t decided_at:s decided_by:t closed_at:s closed_by:t"),
	laid("finance", "credit_memo", "credit_memo_no:t invoice_no:t case_no:t return_order_no:t customer_no:t reason:t memo_date:d currency:t net_amount:2 gross_amount:2 "+
		"created_at:s created_by:t posted_at:s posted_by:t"),
	laid("finance", "credit_memo_item", "credit_memo_no:t item_no:i order_no:t order_item_no:i invoice_no:t invoice_item_no:i quantity:3 net_amount:2"),

	laid("messages", "message", "message_id:t direction:t kind:t channel:t partner:t business_key:t payload_hash:t document_no:t closed_unposted:t owner:t occurred_ms:i received_ms:i acknowledged_ms:i"),
	laid("messages", "message_attempt", "message_id:t attempt_no:i started_ms:i ended_ms:i result:t error_code:t started_by:t"),

	laid("intake", "shop_order", "shop_order_id:t customer_no:t po_number:t payment_method:t placed_at:z erp_order_no:t"),
	laid("intake", "crm_quote", "quote_no:t customer_no:t po_number:t owner:t status:t currency:t net_value:2 created_at:z sent_at:z accepted_at:z erp_order_no:t"),
	laid("intake", "desk_call", "call_no:t medium:t customer_no:t po_number:t taken_by:t received_at:z erp_order_no:t"),

	laid("truth", "order", "order_no:t kind:t channel:t site:t customer_no:t currency:t net_value:2 lines:i received_at:z created_at:z confirmed_at:z credit_set_at:z credit_released_at:z released_at:z "+
		"first_goods_issue_at:z full_ship_at:z delivered_at:z first_invoice_created_at:z last_invoice_posted_at:z cleared_at:z paid_at:z cancelled_at:z state:t "+
		"touches_entry:i touches_fulfil:i touches_bill:i touches_cash:i unknown_entry:i unknown_fulfil:i unknown_bill:i unknown_cash:i"),
	laid("truth", "line", "order_no:t item_no:i ordered_quantity:3 net_value:2 shipped_quantity:3 billed_quantity:3 billed_net:2 returned_quantity:3 credited_net:2 requested_date:d first_confirmed_date:d "+
		"allocated_at:z first_goods_issue_at:z full_ship_at:z delivered_at:z first_billed_at:z rejected_at:z short_picked_quantity:3 state:t unit:t confirmed_date:d confirmed_in_time:3 rejection_reason:t rejected_by:t"),
	laid("truth", "revision", "order_no:t item_no:i valid_from:z ordered_quantity:3 net_price:4 requested_date:d"),
	laid("truth", "issue", "delivery_no:t delivery_item_no:i order_no:t item_no:i quantity:3 issued_at:z taken_back_at:z"),
	laid("truth", "pick", "delivery_no:t delivery_item_no:i order_no:t item_no:i reservations:i target_quantity:3 picked_quantity:3 finished_at:z"),
	laid("truth", "bill", "invoice_no:t invoice_item_no:i kind:t reason:t order_no:t item_no:i delivery_no:t delivery_item_no:i quantity:3 net_price:4 net_amount:2 invoice_date:d created_at:z posted_at:z cancelled_at:z"),
	laid("truth", "message", "message_id:t direction:t kind:t partner:t business_key:t content:t order_no:t occurred_at:z acknowledged_at:z closed_unposted:t"),
	laid("truth", "attempt", "message_id:t attempt_no:i started_at:z ended_at:z error:t"),
	laid("truth", "wait", "order_no:t object_type:t object_no:t kind:t from_at:z to_at:z seconds:i extra_seconds:i cause:t"),
	laid("truth", "link", "source_type:t source_no:t qualifier:t target_type:t target_no:t quantity:3 amount:2"),
	laid("truth", "document", "type:t number:t created_at:z posted_at:z effective_at:z cancelled_at:z state:t amount:2 currency:t"),
	laid("truth", "ledger", "entry_no:t kind:t customer_no:t currency:t posting_date:d due_date:d amount:2 cash_settled:2 otherwise_settled:2 open_amount:2 cleared_on:d"),
	laid("truth", "invoice", "invoice_no:t kind:t customer_no:t site:t orders:i currency:t gross:2 terms_days:i created_at:z posted_at:z cancelled_at:z corrects:t reason:t"),
	laid("truth", "application", "application_no:t kind:t entry_no:t offset_entry_no:t receipt_no:t amount:2 applied_at:z by:t reversed_at:z"),
	laid("truth", "receipt", "receipt_no:t customer_no:t currency:t amount:2 value_date:d received_at:z"),
	laid("truth", "promise", "promise_no:t entry_no:t customer_no:t currency:t amount:2 promised_on:d due_on:d paid_on:d"),
	laid("truth", "dispute", "case_no:t invoice_no:t customer_no:t currency:t reason:t disputed:2 credited:2 opened_at:z decided_at:z closed_at:z"),
	laid("truth", "act", "what:t at:z by:t object_type:t object_no:t"),
	laid("truth", "change", "object_type:t object_no:t field:t old:t new:t changed_at:z by:t same_hand:t asked_by_customer:t"),
	laid("truth", "block", "block_no:t order_no:t item_no:i kind:t set_at:z released_at:z"),
	laid("truth", "delivery", "delivery_no:t kind:t site:t created_at:z allocated_at:z pick_started_at:z packed_at:z issued_at:z delivered_at:z cancelled_at:z"),
	laid("truth", "balance", "day:d currency:t receivable:2 unapplied_cash:2 sales_gross:2"),
	laid("truth", "share", "name:t stated:4 count:i of:i doc:t"),
	laid("truth", "cause", "cause:t doc:t where:t from_day:d to_day:d stated_effect:t waits:i orders:i total_seconds:i"),
	laid("truth", "defect", "kind:t system:t table:t key:t doc:t"),
}

// Positions in layouts, for who writes the table.
const (
	tCustomer = iota
	tMaterial
	tUser
	tOrder
	tItem
	tSchedule
	tBlock
	tChange
	tDelivery
	tDeliveryItem
	tMovement
	tInvoice
	tInvoiceItem
	tOutput
	tAllocation
	tWave
	tPick
	tPackage
	tShipment
	tShipmentDelivery
	tTracking
	tReceivable
	tBankLine
	tReceipt
	tApplication
	tDunning
	tPromise
	tDispute
	tMemo
	tMemoItem
	tMessage
	tAttempt
	tShop
	tQuote
	tCall
	truthOrder
	truthLine
	truthRevision
	truthIssue
	truthPick
	truthBill
	truthMessage
	truthAttempt
	truthWait
	truthLink
	truthDocument
	truthLedger
	truthInvoice
	truthApplication
	truthReceipt
	truthPromise
	truthDispute
	truthAct
	truthChange
	truthBlock
	truthDelivery
	truthBalance
	truthShare
	truthCause
	truthDefect
)

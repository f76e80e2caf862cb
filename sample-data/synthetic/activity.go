package synthetic

// coreActivities in the order of a case that goes well, then the detours.
var coreActivities = []string{
	"Create Sales Order", "Check Credit Limit", "Confirm Order", "Create Delivery", "Pick Goods", "Pack Goods",
	"Post Goods Issue", "Create Invoice", "Send Invoice", "Receive Payment", "Clear Invoice",
	"Change Price", "Change Quantity", "Change Delivery Date", "Set Delivery Block", "Remove Delivery Block",
	"Set Billing Block", "Remove Billing Block", "Request Approval", "Approve Order", "Reject Order", "Cancel Order",
	"Reschedule Delivery", "Partial Delivery", "Return Goods", "Create Credit Memo", "Send Dunning Notice",
	"Second Dunning Notice", "Write Off", "Customer Complaint",
}

// The detours beyond these are what one does to what: each verb with each noun.
var (
	verbs = []string{
		"Change", "Check", "Confirm", "Correct", "Request", "Approve", "Reject", "Release", "Record", "Send", "Print",
		"Review", "Escalate", "Cancel", "Archive",
	}
	nouns = []string{
		"Payment Terms", "Shipping Address", "Billing Address", "Tax Code", "Discount", "Incoterms", "Route", "Carrier",
		"Packing List", "Customs Declaration", "Bank Details", "Contact Person", "Quotation", "Order Confirmation",
		"Delivery Note", "Freight Cost", "Return Label", "Quality Certificate",
	}
)

var maxActivities = len(coreActivities) + len(verbs)*len(nouns)

// activities are the names of the log's activities, by code.
func (l *Log) activities() []string {
	names := append([]string(nil), coreActivities...)
	for i := range l.o.Activities - len(coreActivities) {
		verb := i % len(verbs)
		noun := (i/len(verbs) + verb) % len(nouns)
		names = append(names, verbs[verb]+" "+nouns[noun])
	}
	return names
}

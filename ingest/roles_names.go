package ingest

import (
	"strings"
	"unicode"
)

// A role is what a column can be in a log.
type role int8

const (
	caseRole role = iota
	activityRole
	timeRole
	startRole
	resourceRole
	lifecycleRole
	sequenceRole
	instanceRole
	roles // how many there are
)

// names of the roles, as the options are called
func (r role) String() string {
	return [...]string{"case", "activity", "time", "start", "resource", "lifecycle", "sequence", "instance"}[r]
}

// xesNames are the names of the XES standard and of those who extend it; they
// leave no doubt.
var xesNames = [roles]string{
	caseRole:      "case:concept:name",
	activityRole:  "concept:name",
	timeRole:      "time:timestamp",
	startRole:     "start_timestamp",
	resourceRole:  "org:resource",
	lifecycleRole: "lifecycle:transition",
	instanceRole:  "concept:instance",
}

// knownNames are what tools and people call the columns, squashed: lower case,
// letters and digits only. Names before the semicolon are a role's own; those
// after it are used for other things too.
var knownNames = [roles]string{
	caseRole: `caseid case casekey caseno casenumber casenr caseidentifier caseconceptname traceid trace processinstanceid
		processinstance processid instanceid vorgang vorgangsid vorgangsnummer vorgangsnr fall fallid fallnummer iddossier dossier idcas idcaso casoid idcase 案件id 案件番号 案件 ケースid ケース
		プロセスid ;
		orderid order orderno ordernumber ordernr salesorder salesorderid salesordernumber salesorderno vbeln documentid documentnumber
		auftrag auftragsid auftragsnummer auftragsnr auftragnr bestellung bestellnummer bestellnr belegnummer belegnr beleg rechnungsnummer
		ticket ticketid ticketnumber incident incidentid requestid claimid applicationid loanid invoiceid invoicenumber purchaseorder
		purchaseorderid ponumber patient patientid 注文id 注文番号 受注id 受注番号 伝票番号 申請id 申請番号 請求書番号`,
	activityRole: `activity activityname activityen activitylabel activitydescription aktivität aktivitaet aktivitätsname aktivitätsbezeichnung
		task taskname activité actividad attività atividade eventconceptname eventtypename activityid アクティビティ アクティビティ名 活動 活動名 作業 作業名 ;
		event eventname action actionname step stepname prozessschritt schritt ereignis tätigkeit taetigkeit vorgangsschritt aktion
		orderstatus status state statusname newstatus statusto tostatus operation processstep eventtype message 工程 工程名 処理 処理名
		イベント イベント名 ステータス 注文ステータス 状態 ステップ`,
	timeRole: `timestamp completetimestamp endtimestamp endtime completetime completiontime completedtime finishtime completedat endedat finishedat
		eventtime eventtimestamp eventdate eventdatetime eventend eventtimetimestamp horodatage fechayhora fechahora zeitstempel endzeit endzeitpunkt ereigniszeit zeitpunkt タイムスタンプ 終了日時 完了日時
		発生日時 ;
		statuschangedat changedat occurredat time datetime date enddate completedate dateandtime datumuhrzeit datumzeit datum zeit 日時 時刻 日付
		実施日時 更新日時`,
	startRole: `starttimestamp starttime startedat startdate startdatetime start begintime begintimestamp begin begindate eventstart eventstarttimestamp début datedébut fechainicio fechadeinicio startzeit startzeitpunkt
		startdatum beginn beginnzeit anfangszeit 開始日時 開始時刻 開始`,
	resourceRole: `resource resourceid resourcename ressource recurso orgresource eventorgresource リソース 担当者 担当者id 担当者名 担当 ;
		user username userid employee employeeid employeename actor agent agentid performer operator assignee worker executedby performedby
		changedby createdby ernam aenam usnam bearbeiter sachbearbeiter benutzer benutzername mitarbeiter mitarbeiterid anwender
		社員id 社員 ユーザー ユーザid ユーザーid 従業員id 実行者 作業者`,
	lifecycleRole: `lifecycletransition lifecycle lifecyclestate lifecycleid eventlifecycle eventlifecycletransition ; transition status state eventtype type registrationtype`,
	sequenceRole:  `sequence sequencenumber sequenceno seq seqno seqnr eventsequence eventseq eventindex sorting sortorder reihenfolge 連番 順序`,
	instanceRole:  `activityinstanceid activityinstance handlingid conceptinstance`,
}

// squash reduces a name to what is compared: lower case letters and digits.
func squash(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// words splits a name at what is no letter or digit and at changes of case.
func words(name string) []string {
	var list []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			list = append(list, string(word))
			word = nil
		}
	}
	lower := false
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			flush()
			lower = false
			continue
		}
		if unicode.IsUpper(r) && lower {
			flush()
		}
		lower = unicode.IsLower(r) || unicode.IsDigit(r)
		word = append(word, unicode.ToLower(r))
	}
	flush()
	return list
}

// Points of a name for a role; what the values say is added.
const (
	noName    = 0
	vagueName = 20 // ends like one
	usualName = 50 // often used for it
	ownName   = 70 // hardly used for anything else
	xesName   = 100
)

// GroupSign stands between the name of a group of columns and that of one of
// them, where a header has two rows; roles look at the latter.
const GroupSign = " / "

// namePoints says how much a name speaks for a role. Of two names with as many
// points the one earlier in the list is better; rank is its place.
func namePoints(r role, name string) (points, rank int) {
	if strings.HasPrefix(name, "@@") { // what PM4Py derives
		return noName, 0
	}
	if name == xesNames[r] {
		return xesName, 0
	}
	if i := strings.LastIndex(name, GroupSign); i >= 0 {
		name = name[i+len(GroupSign):]
	}
	points = ownName
	flat := squash(name)
	for i, known := range strings.Fields(knownNames[r]) {
		if known == ";" {
			points = usualName
		} else if known == flat {
			return points, i
		}
	}
	if vague(r, name) && (r != caseRole || !namesPerson(name)) {
		return vagueName, 0
	}
	return noName, 0
}

// namesPerson says whether a name is one of who did something.
func namesPerson(name string) bool {
	points, _ := namePoints(resourceRole, name)
	return points > noName
}

// vague says whether a name looks like those of a role.
func vague(r role, name string) bool {
	list := words(name)
	if len(list) == 0 {
		return false
	}
	last := list[len(list)-1]
	switch r {
	case caseRole:
		switch last {
		case "id", "no", "nr", "number", "nummer", "key", "code", "番号":
			return true
		}
		switch last {
		case "valid", "invalid":
			return false
		}
		return strings.HasSuffix(last, "nummer") || strings.HasSuffix(last, "番号") || strings.HasSuffix(last, "id") && len(last) > 4
	case activityRole:
		switch last {
		case "activity", "task", "status", "step", "event", "action", "schritt", "aktivität":
			return true
		}
		return strings.HasSuffix(last, "status") || strings.HasSuffix(last, "ステータス")
	case timeRole:
		return namesTime(name)
	case resourceRole:
		switch last {
		case "user", "username", "employee", "resource", "bearbeiter", "by":
			return true
		}
		return len(list) > 1 && last == "id" && (list[len(list)-2] == "user" || list[len(list)-2] == "employee")
	}
	return false
}

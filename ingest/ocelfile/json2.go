package ocelfile

// member2 reads a member of an event or object of OCEL 2.0.
func (l *jsonLog) member2(name string, t token) (err error) {
	r := &l.record
	switch name {
	case "id":
		return l.identity(name, t, &r.id, &r.hasID)
	case "type":
		return l.identity(name, t, &r.typ, &r.hasType)
	case "time":
		if r.what == "event" {
			r.time, err = l.moment(t)
			return err
		}
	case "attributes":
		if !l.listed(name, t) {
			return l.skip(t)
		}
		return l.each(name, t, l.attribute2)
	case "relationships":
		if !l.listed(name, t) {
			return l.skip(t)
		}
		return l.each(name, t, l.relation2)
	}
	// A member we do not know is an attribute.
	return l.attribute2(name, t)
}

// listed rejects the record if a member is no list.
func (l *jsonLog) listed(name string, t token) bool {
	if t == '[' || t == '{' || t == tokenNull {
		return true
	}
	l.record.refuse(name, "want a list, got %v", t)
	return false
}

// attribute2 reads {"name": …, "value": …, "time": …}, or a member of an object
// as some programs write it.
func (l *jsonLog) attribute2(name string, t token) (err error) {
	r := &l.record
	a := attribute{name: name, value: datum{form: asNull}, time: datum{form: asNull}, dated: r.what == "object"}
	if name != "" {
		if a.value, err = l.put(t); err != nil {
			return err
		}
		r.attrs = append(r.attrs, a)
		return r.tooLarge()
	}
	if t != '{' {
		r.refuse("attributes", "want an object with name and value, got %v", t)
		return l.skip(t)
	}
	named := false
	err = l.members(func(member string, t token) (err error) {
		switch member {
		case "name":
			return l.identity("attributes", t, &a.name, &named)
		case "value":
			a.value, err = l.put(t)
			return err
		case "time":
			a.time, err = l.moment(t)
			return err
		}
		return l.skip(t)
	})
	if !named {
		r.refuse("attributes", "an attribute has no name")
	}
	r.attrs = append(r.attrs, a)
	if err == nil {
		err = r.tooLarge()
	}
	return err
}

// relation2 reads {"objectId": …, "qualifier": …}, or an id alone.
func (l *jsonLog) relation2(_ string, t token) error {
	r := &l.record
	var x relation
	var has bool
	switch t {
	case tokenString, tokenNumber:
		x.object, has = l.ids.get(l.text), true
	case '{':
		if err := l.members(func(member string, t token) error {
			switch member {
			case "objectId":
				return l.identity("relationships", t, &x.object, &has)
			case "qualifier":
				x.qualified = t != tokenNull
				x.qualifier = l.words.get(l.scalar(t))
			}
			return l.skip(t)
		}); err != nil {
			return err
		}
	default:
		if err := l.skip(t); err != nil {
			return err
		}
	}
	if !has {
		r.refuse("relationships", "a relationship has no objectId")
	}
	r.relations = append(r.relations, x)
	return r.tooLarge()
}

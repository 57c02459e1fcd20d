package sqlstore

import "reflect"

// CopiedTables are the tables that Copy takes, each with its key.
func CopiedTables() map[string]string {
	tables := map[string]string{}
	for _, table := range copiedTables {
		tables[table.name] = table.key
	}
	return tables
}

// Texts are all statements by their names, with the parameters of a dialect.
func Texts(parameter string) map[string]string {
	texts := map[string]string{}
	var collect func(reflect.Value)
	collect = func(v reflect.Value) {
		for i := range v.NumField() {
			if v.Field(i).Kind() == reflect.Struct {
				collect(v.Field(i))
			} else {
				texts[v.Type().Field(i).Name] = v.Field(i).String()
			}
		}
	}
	collect(reflect.ValueOf(newStatements(Dialect{Parameter: parameter}.rewrite)))
	return texts
}

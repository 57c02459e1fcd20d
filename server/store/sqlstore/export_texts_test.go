package sqlstore

import (
	"fmt"
	"reflect"
)

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
	var collect func(name string, v reflect.Value)
	collect = func(name string, v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			texts[name] = v.String()
		case reflect.Struct:
			for i := range v.NumField() {
				collect(name+"."+v.Type().Field(i).Name, v.Field(i))
			}
		case reflect.Array, reflect.Slice:
			for i := range v.Len() {
				collect(fmt.Sprintf("%s[%d]", name, i), v.Index(i))
			}
		}
	}
	collect("", reflect.ValueOf(newStatements(Dialect{Parameter: parameter}.rewrite)))
	return texts
}

package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/painscore/painscore/server/store"
)

func TestParametersAreRewrittenForTheDialect(t *testing.T) {
	const query = `SELECT a FROM t WHERE b = $1 AND c = $12 OR d = $1`
	if got := (Dialect{Parameter: "?"}).rewrite(query); got != `SELECT a FROM t WHERE b = ?1 AND c = ?12 OR d = ?1` {
		t.Error(got)
	}
	if got := (Dialect{Parameter: "$"}).rewrite(query); got != query {
		t.Error(got)
	}
}

func TestEveryStatementIsWrittenAndRewritten(t *testing.T) {
	plain := reflect.ValueOf(newStatements(Dialect{Parameter: "$"}.rewrite))
	rewritten := reflect.ValueOf(newStatements(Dialect{Parameter: "?"}.rewrite))
	for i := range plain.NumField() {
		name, query := plain.Type().Field(i).Name, plain.Field(i).String()
		if query == "" {
			t.Errorf("%s is empty", name)
		}
		if strings.Contains(query, "?") {
			t.Errorf("%s holds a parameter of one engine only", name)
		}
		if strings.Contains(rewritten.Field(i).String(), "$") {
			t.Errorf("%s was not rewritten", name)
		}
		// What one of the engines, or a distributed one, does not have or does otherwise.
		if found := regexp.MustCompile(`(?i)\b(OR REPLACE|OR IGNORE|ROWID|SERIAL|NEXTVAL|LISTEN|NOTIFY|LOCK TABLE|FOR UPDATE|ADVISORY|DEFERRABLE|TRIGGER|GLOB|IFNULL|NOW\(|SELECT \*)`).FindString(query); found != "" {
			t.Errorf("%s holds %s", name, found)
		}
	}
}

func TestPackedRowsAreReadStrictly(t *testing.T) {
	f := fields{rest: "a" + separator + separator + "-7" + separator + "1" + separator + "1500000"}
	if a, b, c, d, e := f.text(), f.text(), f.number(), f.flag(), f.instant(); a != "a" || b != "" || c != -7 || !d || moment(e) != 1500000 {
		t.Errorf("%q %q %d %v %v", a, b, c, d, e)
	}
	if err := f.end(); err != nil {
		t.Error(err)
	}
	for name, read := range map[string]func(*fields){
		"too few":      func(f *fields) { f.text(); f.text(); f.text() },
		"too many":     func(f *fields) { f.text() },
		"not a number": func(f *fields) { f.number(); f.text() },
	} {
		f := fields{rest: "secret" + separator + "2"}
		read(&f)
		if err := f.end(); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	empty := fields{}
	if text := empty.text(); text != "" || empty.end() != nil {
		t.Error("one empty field is not read")
	}
}

func TestErrorsSayWhatACallerCanDo(t *testing.T) {
	full, busy, gone, odd := errors.New("full"), errors.New("busy"), errors.New("gone"), errors.New("odd")
	s := &Store{dialect: Dialect{Classify: func(err error) Class {
		return map[error]Class{full: DiskFull, busy: Busy, gone: Unavailable}[err]
	}}}
	for _, c := range []struct{ err, want error }{
		{full, store.ErrDiskFull}, {busy, store.ErrUnavailable}, {gone, store.ErrUnavailable}, {odd, odd},
		{sql.ErrNoRows, store.ErrNotFound}, {fmt.Errorf("x: %w", context.Canceled), context.Canceled}, {context.DeadlineExceeded, context.DeadlineExceeded},
	} {
		if got := s.fail("test", c.err); !errors.Is(got, c.want) {
			t.Errorf("%v became %v, want %v", c.err, got, c.want)
		}
	}
	for _, class := range []error{store.ErrDiskFull, store.ErrUnavailable, store.ErrNotFound} {
		if errors.Is(s.fail("test", odd), class) {
			t.Errorf("an error not met before became %v", class)
		}
	}
	if s.fail("test", nil) != nil {
		t.Error("no error became one")
	}
}

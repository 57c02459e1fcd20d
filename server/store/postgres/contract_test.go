package postgres

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/postgres/pgtest"
	"github.com/painscore/painscore/server/store/storetest"
)

var ctx = context.Background()

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a store that is closed at the end of the test, if not before.
func open(t *testing.T, address string) store.Store {
	t.Helper()
	s, err := Open(ctx, address, Options{Readers: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// migrated makes an empty database with the schema in it.
func migrated(t *testing.T) string {
	t.Helper()
	address := pgtest.Database(t)
	s, err := Open(ctx, address, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return address
}

func TestContract(t *testing.T) {
	template := migrated(t)
	storetest.Run(t, func(t *testing.T) storetest.Open {
		address := pgtest.Copy(t, template)
		return func() store.Store { return open(t, address) }
	})
}

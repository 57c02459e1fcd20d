package postgres

import (
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/painscore/painscore/server/store"
)

// serving makes a role that does not own the tables, as DESIGN.md says, and
// returns the address with it.
func serving(t *testing.T, address string) string {
	t.Helper()
	role := fmt.Sprintf("serves_%d", os.Getpid())
	execute(t, address, "CREATE ROLE "+role+" LOGIN", "GRANT USAGE ON SCHEMA painscore TO "+role,
		"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA painscore TO "+role,
		// Whose sessions do not hear of warnings unless they ask.
		"ALTER ROLE "+role+" SET client_min_messages = error")
	t.Cleanup(func() { execute(t, address, "DROP OWNED BY "+role, "DROP ROLE "+role) })
	return with(t, address, func(u *url.URL) { u.User = url.User(role) })
}

func TestAPurgeThatTheDatabaseSkipsStaysPending(t *testing.T) {
	address := migrated(t)
	s := open(t, serving(t, address))
	if _, err := s.Submit(ctx, envelope(unit, "ada", "key", "e", "hads", "1")); err != nil {
		t.Fatal(err)
	}
	mark := func(store.SubmissionRef) []byte { return []byte("mark") }
	if _, err := s.Erase(ctx, store.Erasure{ErasureID: "er", PatientKeys: []string{"key"}, Act: store.Act{By: "ebba", At: at}}, mark); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		purge, err := s.Purge(ctx, at)
		if err != nil || purge.Pending != 1 || !strings.Contains(purge.Beyond, "role that owns") {
			t.Fatalf("by a role that may not: %+v, %v", purge, err)
		}
	}
	// A store that does not purge goes on to do everything else.
	if _, err := s.Submit(ctx, envelope(unit, "bo", "key of bo", "f", "hads", "2")); err != nil {
		t.Error(err)
	}
	purge, err := open(t, address).Purge(ctx, at)
	if err != nil || purge.Pending != 0 || purge.Beyond != beyondPurge {
		t.Errorf("by the owner: %+v, %v", purge, err)
	}
	if purge, err = s.Purge(ctx, at); err != nil || purge.Pending != 0 {
		t.Errorf("afterwards: %+v, %v", purge, err)
	}
}

// TestEveryTableThatHoldsAPatientIsVacuumed: one that a later migration adds
// must not be forgotten.
func TestEveryTableThatHoldsAPatientIsVacuumed(t *testing.T) {
	conn, err := pgx.Connect(ctx, migrated(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `SELECT DISTINCT table_name::text FROM information_schema.columns
		WHERE table_schema = 'painscore' AND column_name IN ('patient_key', 'into_key', 'episode_id', 'members')`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(tables)
	keptForTheLaw := []string{"access_subject"}
	want := slices.DeleteFunc(tables, func(name string) bool { return slices.Contains(keptForTheLaw, name) })
	if got := slices.Sorted(slices.Values(erased)); !slices.Equal(got, want) {
		t.Errorf("vacuumed: %v\nhold a patient: %v", got, want)
	}
}

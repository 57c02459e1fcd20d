package pgtest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestADatabaseIsEmptyAndSortsOtherwiseThanByBytes(t *testing.T) {
	conn, err := pgx.Connect(t.Context(), Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var swedish bool
	var fsync string
	if err := conn.QueryRow(t.Context(), "SELECT 'B' > 'a', current_setting('fsync')").Scan(&swedish, &fsync); err != nil {
		t.Fatal(err)
	}
	if !swedish && os.Getenv(Variable) == "" {
		t.Error("texts are compared byte by byte, a forgotten COLLATE would not be noticed")
	}
	if fsync != "on" {
		t.Errorf("fsync is %s", fsync)
	}
}

// TestAKilledTestBinaryLeavesNoServer runs this test again in a process that is
// killed while it holds a server.
func TestAKilledTestBinaryLeavesNoServer(t *testing.T) {
	if os.Getenv("HOLD_A_SERVER") != "" {
		server := Require(t)
		os.Stdout.WriteString("folder " + server.folder + " end\n")
		select {}
	}
	if _, err := programFolder(); err != nil {
		missing(t, err)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestAKilledTestBinaryLeavesNoServer$")
	child.Env = append(os.Environ(), "HOLD_A_SERVER=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 200)
	n, err := out.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	folder := strings.Fields(string(text[:n]))[1]
	defer os.RemoveAll(folder)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	child.Wait()
	for range 100 {
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Error("the server or its data are still there")
}

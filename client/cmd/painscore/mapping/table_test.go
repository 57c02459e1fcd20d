package mapping

import (
	"io"
	"slices"
	"strings"
	"testing"
)

func TestATableIsReadAsSpreadsheetsWriteIt(t *testing.T) {
	table, err := NewTable(strings.NewReader("\ufeffa;b\r\n1;\"x;\"\"y\r\nz\"\r\n\r\n2;\r\n3;ö;7\r\n4"), ';')
	if err != nil || !slices.Equal(table.Header, []string{"a", "b"}) {
		t.Fatalf("%q, %v", table.Header, err)
	}
	var got [][]string
	var lines []int
	for {
		cells, line, err := table.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got, lines = append(got, cells), append(lines, line)
	}
	want := [][]string{{"1", "x;\"y\nz"}, {"2", ""}, {"3", "ö", "7"}, {"4"}}
	if !slices.EqualFunc(got, want, slices.Equal) || !slices.Equal(lines, []int{2, 5, 6, 7}) {
		t.Errorf("%q at lines %v", got, lines)
	}
}

func TestATableThatIsBrokenEndsThere(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"nothing":                 {"", "the file is empty; its first line must name the columns"},
		"a quote inside a cell":   {"a;b\n1;x\"y\n", "line 2: bare \" in non-quoted-field; what follows was not read"},
		"a quote without an end":  {"a;b\n1;\"x\n2;y\n", "line 2: extraneous or missing \" in quoted-field; what follows was not read"},
		"a quote that eats a lot": {"a;b\n1;\"" + strings.Repeat("secret;1\n", 300_000), "a row is longer than 1048576 bytes: is there a quote that is not closed?"},
	} {
		table, err := NewTable(strings.NewReader(c.text), ';')
		if err == nil {
			_, _, err = table.Next()
		}
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestALongTableIsNoLongRow(t *testing.T) {
	table, err := NewTable(strings.NewReader("a;b\n"+strings.Repeat("1;2\n", 1_000_000)), ';')
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for ; ; n++ {
		if _, _, err := table.Next(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if n != 1_000_000 || table.Offset() != 4_000_004 {
		t.Errorf("%d rows, %d bytes", n, table.Offset())
	}
}

func FuzzTable(f *testing.F) {
	f.Add("a;b\n1;2\n")
	f.Add("\ufeff\"a\";b\r\n\"")
	f.Fuzz(func(t *testing.T, text string) {
		table, err := NewTable(strings.NewReader(text), ';')
		last := 1
		for err == nil {
			var line int
			if _, line, err = table.Next(); err == nil {
				if line <= last && line != 1 {
					t.Errorf("line %d after %d", line, last)
				}
				last = line
			}
		}
	})
}

package review

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strings"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/wording"
)

// worklistCSV is the whole list as a file for a spreadsheet. It names episodes
// and no persons: the call that it stands for shows no identity to anybody, and
// the only one that does is ExportPatient, of one patient at a time.
func (s *site) worklistCSV(w http.ResponseWriter, r *http.Request) {
	unit, _, err := s.ownUnit(r)
	if err != nil {
		s.failFor(w, r, err, http.StatusBadRequest)
		return
	}
	l := language(r)
	var body bytes.Buffer
	body.WriteString("\ufeff") // by this Excel knows that it is UTF-8
	file := csv.NewWriter(&body)
	if l == wording.Swedish {
		file.Comma = ';' // what Excel expects where the decimal comma is usual
	}
	file.Write([]string{l.Say("episode"), l.Say("cohort"), l.Say("occasion"), l.Say("status"), l.Say("worklist.from"), l.Say("worklist.to"),
		l.Say("worklist.missing"), l.Say("worklist.sent"), l.Say("date")})
	for page := (clinic.Page{Size: clinic.MaxPageSize}); ; {
		list, err := s.clinic.DueOccasions(r.Context(), dueFilter(r, unit), page)
		if err != nil {
			s.failFor(w, r, err, http.StatusBadRequest)
			return
		}
		for i := range list.Occasions {
			file.Write(csvRow(l, &list.Occasions[i]))
		}
		if page.Token = list.Next; page.Token == "" {
			break
		}
	}
	file.Flush()
	header := w.Header()
	header.Set("Content-Type", "text/csv; charset=utf-8")
	header.Set("Content-Disposition", `attachment; filename="worklist-`+s.today()+`.csv"`)
	w.Write(body.Bytes())
}

func csvRow(l wording.Language, d *clinic.DueOccasion) []string {
	row := []string{
		d.Episode.EpisodeID, d.Episode.Cohort, l.Occasion(string(d.Occasion), d.Label), l.DueState(string(d.State)), d.FirstDay, d.LastDay,
		strings.Join(instrumentNames(l, d.Missing), ", "), "", "",
	}
	if act := d.Dispatch; act != nil {
		row[7], row[8] = l.OccasionAct(act.Kind), act.DoneOn
	}
	for i := range row {
		row[i] = harmless(row[i])
	}
	return row
}

// harmless is a cell that no spreadsheet takes for a formula: an apostrophe goes
// before what begins like one (OWASP, CSV injection).
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) {
		return "'" + cell
	}
	return cell
}

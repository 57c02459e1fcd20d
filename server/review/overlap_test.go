package review

import (
	"slices"
	"testing"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

// chartsOf draws every chart of an episode.
func chartsOf(t *testing.T, site *testSite, l wording.Language, episode string) []*chart {
	t.Helper()
	trend, err := site.Trend(local, clinic.EpisodeRef{CareUnit: unit, EpisodeID: episode})
	if err != nil {
		t.Fatal(err)
	}
	r := newReading(l, trend, "2025-03-15")
	var charts []*chart
	for i := range trend.Lines {
		if c := r.chart(&trend.Lines[i]); c != nil && !isSmall(&trend.Lines[i]) {
			charts = append(charts, c)
		}
	}
	return charts
}

func TestNoLabelsOfAChartOverlap(t *testing.T) {
	site := newTestSite(t)
	manyOccasions(site)
	for _, l := range wording.Languages() {
		for _, episode := range []string{"all-three", "baseline-only", "no-baseline", "hostile<b>", "many"} {
			for _, c := range chartsOf(t, site, l, episode) {
				for name, column := range map[string][]label{"numbers": c.Numbers, "bands": c.Bands} {
					checkColumn(t, c, name, column)
				}
				for i := 1; i < len(c.Columns); i++ {
					a, b := c.Columns[i-1], c.Columns[i]
					if a.X+a.width()/2 > b.X-b.width()/2 {
						t.Errorf("%s in %s: %v and %v overlap", c.Title, episode, a, b)
					}
				}
				for _, col := range c.Columns {
					if col.X-col.width()/2 < 0 || col.X+col.width()/2 > c.Width {
						t.Errorf("%s in %s: %v leaves the picture", c.Title, episode, col)
					}
				}
			}
		}
	}
}

func checkColumn(t *testing.T, c *chart, name string, column []label) {
	t.Helper()
	sorted := slices.SortedFunc(slices.Values(column), func(a, b label) int { return int(10 * (a.Y - b.Y)) })
	for i := 1; i < len(sorted); i++ {
		if sorted[i].Y-sorted[i-1].Y < smallText-0.01 {
			t.Errorf("%s: %s %v and %v overlap", c.Title, name, sorted[i-1], sorted[i])
		}
	}
}

// manyOccasions stores an episode with more occasions than a chart can label.
func manyOccasions(site *testSite) {
	site.episode(store.Episode{EpisodeID: "many", FirstVisitOn: "2024-01-10", StartedOn: "2024-02-01", EndedOn: "2024-03-01"})
	site.submit("many", store.Baseline, "", "2024-01-02", 0.8, "eq_5d_3l")
	for _, on := range []string{"2024-02-08", "2024-02-09", "2024-02-15", "2024-02-22", "2024-03-15", "2024-04-01"} {
		site.submit("many", store.OtherOccasion, "uppföljning i grupp "+on, on, 0.6, "eq_5d_3l")
	}
	site.submit("many", store.ProgrammeEnd, "", "2024-03-01", 0.5, "eq_5d_3l")
	site.submit("many", store.FollowUp12Months, "", "2025-03-01", 0.4, "eq_5d_3l")
}

func TestAChartKeepsItsPromises(t *testing.T) {
	site := newTestSite(t)
	for _, c := range chartsOf(t, site, wording.English, "all-three") {
		if c.Direction == "" || c.Desc == "" {
			t.Errorf("%s: no direction or description", c.Title)
		}
		if len(c.Numbers) < 2 {
			t.Errorf("%s: the range is not shown", c.Title)
		}
		for _, m := range c.Marks {
			if m.X < c.Left || m.X > c.Right || m.Y < c.Top || m.Y > c.Bottom {
				t.Errorf("%s: %v lies outside the plot", c.Title, m)
			}
			if m.Label.Y < c.Top || m.Label.Y > c.Bottom+4 {
				t.Errorf("%s: the value %v leaves the plot", c.Title, m)
			}
		}
		for _, s := range c.Segments {
			if s.X1 >= s.X2 {
				t.Errorf("%s: a line runs backwards: %v", c.Title, s)
			}
		}
	}
}

func TestWhatMayNotBeComparedIsNotJoined(t *testing.T) {
	site := newTestSite(t)
	want := map[string]int{ // lines between the three points of all-three
		"ISI: Sleep problems":                      1, // the last one is refused
		"TSK: Fear of movement":                    0, // the middle one is refused
		"LiSat-11: Number of areas satisfied with": 1, // the last one has another denominator
		"HADS: Anxiety":                            2, // complete against prorated may be compared
		"Self-rated health (EQ VAS)":               2, // across 3L and 5L, marked
	}
	for _, c := range chartsOf(t, site, wording.English, "all-three") {
		n, ok := want[c.Title]
		if ok && len(c.Segments) != n {
			t.Errorf("%s: %d lines, want %d", c.Title, len(c.Segments), n)
		}
		delete(want, c.Title)
		if c.Title == "Self-rated health (EQ VAS)" && (len(c.Switches) != 1 || !c.Segments[0].Broken || c.Segments[1].Broken) {
			t.Errorf("the change of instrument is not marked: %v %v", c.Switches, c.Segments)
		}
	}
	if len(want) > 0 {
		t.Errorf("no chart of %v", want)
	}
}

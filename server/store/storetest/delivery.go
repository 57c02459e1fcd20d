package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/painscore/painscore/server/store"
)

// handedOver is a delivery that was begun some hours after the first act.
func handedOver(id string, hours int) store.Delivery {
	return store.Delivery{DeliveryID: id, Recipient: "nrs", Plan: `{"of":"` + id + `"}`,
		Act: store.Act{By: "ann", At: at.Add(time.Duration(hours) * time.Hour), Note: "yearly"}}
}

func begin(t *testing.T, s store.Deliveries, d store.Delivery) store.Delivery {
	t.Helper()
	got, begun, err := s.BeginDelivery(ctx, d)
	if err != nil || !begun {
		t.Fatalf("begun %v, %v", begun, err)
	}
	d.At = kept(d.At)
	same(t, "begun", got, d)
	return d
}

func addDelivered(t *testing.T, s store.Deliveries, id string, pairs ...string) {
	t.Helper()
	if err := s.AddDelivered(ctx, id, unit, delivered(pairs...)); err != nil {
		t.Fatal(err)
	}
}

// delivered are episodes and whose they are, in turn.
func delivered(pairs ...string) (all []store.Delivered) {
	for p := range slices.Chunk(pairs, 2) {
		all = append(all, store.Delivered{Episode: p[0], PatientKey: "key of " + p[1]})
	}
	return all
}

func ids(all []store.Delivery) (ids []string) {
	for _, d := range all {
		ids = append(ids, d.DeliveryID)
	}
	return ids
}

var deliveryTests = map[string]func(*testing.T, fixture){
	"every field of a delivery comes back, and it is begun and finished once": func(t *testing.T, s fixture) {
		var d store.Delivery
		fill(&d)
		d.Result, d.FinishedAt = "", time.Time{}
		d = begin(t, s, d)
		other := handedOver(d.DeliveryID, 9)
		got, begun, err := s.BeginDelivery(ctx, other)
		if err != nil || begun {
			t.Fatalf("begun %v, %v", begun, err)
		}
		same(t, "begun again", got, d)
		d.Result, d.FinishedAt = "{}", kept(at.Add(time.Hour))
		same(t, "finished", must(s.FinishDelivery(ctx, d.DeliveryID, d.Result, d.FinishedAt))(t), d)
		same(t, "finished again", must(s.FinishDelivery(ctx, d.DeliveryID, "other", at))(t), d)
		s.Store = s.reopen()
		same(t, "read", must(s.Delivery(ctx, d.DeliveryID))(t), d)
		_, err = s.Delivery(ctx, "none")
		isError(t, "unknown", err, store.ErrNotFound)
		_, err = s.FinishDelivery(ctx, "none", "{}", at)
		isError(t, "unknown", err, store.ErrNotFound)
	},

	"deliveries are listed newest first, by pages, and by whom they hold": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		put(t, s, episode(unit, "e2"), "bob", 0)
		for i, id := range []string{"b", "c", "a"} {
			begin(t, s, handedOver(id, min(i, 1))) // c and a at the same time
		}
		addDelivered(t, s, "a", "p1", "ada")
		addDelivered(t, s, "b", "p1", "ada", "p2", "bob")
		all := must(s.Deliveries(ctx, store.Delivery{}, 10))(t)
		same(t, "all", ids(all), []string{"c", "a", "b"})
		same(t, "first", ids(must(s.Deliveries(ctx, store.Delivery{}, 2))(t)), []string{"c", "a"})
		same(t, "rest", ids(must(s.Deliveries(ctx, all[1], 2))(t)), []string{"b"})
		same(t, "ada's", ids(must(s.DeliveriesOf(ctx, []string{"key of ada", "key of nobody"}))(t)), []string{"a", "b"})
		same(t, "both", ids(must(s.DeliveriesOf(ctx, []string{"key of ada", "key of bob"}))(t)), []string{"a", "b"})
		same(t, "nobody's", ids(must(s.DeliveriesOf(ctx, []string{"key of nobody"}))(t)), []string(nil))
	},

	"a delivery's episodes are kept once, in order, and pages do not overlap": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		begin(t, s, handedOver("d", 0))
		addDelivered(t, s, "d", "p3", "ada", "p1", "ada")
		addDelivered(t, s, "d", "p2", "ada", "p1", "ada")
		want := delivered("p1", "ada", "p2", "ada", "p3", "ada")
		same(t, "all", must(s.DeliveredEpisodes(ctx, "d", "", 10))(t), want)
		same(t, "page", must(s.DeliveredEpisodes(ctx, "d", "p1", 1))(t), want[1:2])
		isError(t, "unknown", s.AddDelivered(ctx, "none", unit, delivered("p", "ada")), store.ErrNotFound)
	},

	"a delivery is counted, and asked for episodes that it may hold": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		put(t, s, episode(unit, "e2"), "bob", 0)
		begin(t, s, handedOver("d", 0))
		begin(t, s, handedOver("other", 1))
		var pairs, asked []string
		for n := range 150 { // more than a statement takes
			pairs = append(pairs, fmt.Sprintf("p%03d", n), []string{"ada", "bob"}[n%2])
			asked = append(asked, fmt.Sprintf("p%03d", n*2))
		}
		addDelivered(t, s, "d", pairs...)
		addDelivered(t, s, "other", "p200", "ada")
		count := func(id string, episodes, erased int64) {
			t.Helper()
			n, gone, err := s.DeliveredCount(ctx, id)
			same(t, id, []any{n, gone, err}, []any{episodes, erased, error(nil)})
		}
		count("d", 150, 0)
		want := map[string]store.Delivered{}
		for _, d := range must(s.DeliveredEpisodes(ctx, "d", "", 1000))(t) {
			if slices.Contains(asked, d.Episode) {
				want[d.Episode] = d
			}
		}
		same(t, "among", must(s.DeliveredAmong(ctx, "d", asked))(t), want)
		same(t, "none", must(s.DeliveredAmong(ctx, "d", nil))(t), map[string]store.Delivered{})
		same(t, "of none", must(s.DeliveredAmong(ctx, "none", asked))(t), map[string]store.Delivered{})
		erase(t, s, erasing("x-1", "bob"))
		count("d", 150, 75)
		count("none", 0, 0)
		same(t, "erased", must(s.DeliveredAmong(ctx, "d", []string{"p001"}))(t)["p001"].Erased, true)
	},

	"nobody who is gone is added, and with them none of the call": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		begin(t, s, handedOver("d", 0))
		isError(t, "gone", s.AddDelivered(ctx, "d", unit, delivered("p1", "ada", "p2", "gone")), store.ErrStale)
		same(t, "added", must(s.DeliveredEpisodes(ctx, "d", "", 10))(t), []store.Delivered(nil))
	},

	"who is erased stays in the ledger, marked, also under a key that was given up": func(t *testing.T, s fixture) {
		put(t, s, episode(unit, "e"), "ada", 0)
		put(t, s, episode(unit, "e2"), "bob", 0)
		put(t, s, episode(unit, "e3"), "cid", 0)
		begin(t, s, handedOver("d", 0))
		addDelivered(t, s, "d", "p1", "ada", "p2", "bob", "p3", "cid")
		link(t, s, linkOf("ada", "bob", true))
		erase(t, s, erasing("x-1", "ada"))
		want := delivered("p1", "ada", "p2", "bob", "p3", "cid")
		want[0].Erased, want[1].Erased = true, true
		same(t, "members", must(s.DeliveredEpisodes(ctx, "d", "", 10))(t), want)
	},

	"a run of episodes is read as it was at any change": func(t *testing.T, s fixture) {
		for i := range 5 {
			put(t, s, episode(unit, fmt.Sprint("e", i)), "ada", 0)
		}
		then := must(s.LastChange(ctx, unit))(t)
		before := must(s.ListEpisodes(ctx, unit, "", 10))(t)
		later := before[2]
		later.Cohort = "later"
		put(t, s, later, "ada", 1)
		put(t, s, episode(unit, "e9"), "ada", 0)
		same(t, "as of then", must(s.EpisodeRun(ctx, unit, "", 10, then))(t), before)
		same(t, "a page of it", must(s.EpisodeRun(ctx, unit, "e1", 2, then))(t), before[2:4])
		same(t, "now", must(s.EpisodeRun(ctx, unit, "", 10, 0))(t), must(s.ListEpisodes(ctx, unit, "", 10))(t))
		same(t, "before the second", must(s.EpisodeRun(ctx, unit, "", 10, before[1].ChangeSeq-1))(t), before[:1])
	},

	"the forms of a run are those of its episodes, as of any change": func(t *testing.T, s fixture) {
		var seqs []int64
		for i, id := range []string{"a", "b", "c", "a", "b"} {
			submit(t, s, envelope("ada", form(id, fmt.Sprint("i", i), fmt.Sprint("s", i))))
			seqs = append(seqs, must(s.LastChange(ctx, unit))(t))
		}
		for _, asOf := range append(seqs, 0) {
			want := []store.Submission{}
			for _, id := range []string{"b", "c"} {
				want = append(want, must(s.SubmissionsOfEpisode(ctx, unit, id, asOf))(t)...)
			}
			same(t, fmt.Sprint("as of ", asOf), must(s.SubmissionsOfRun(ctx, unit, "a", "c", asOf))(t), want)
		}
	},
}

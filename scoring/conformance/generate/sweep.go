package main

import (
	"fmt"
	"slices"
)

// sweep adds the cases that every instrument gets: complete sheets, each item
// alone, each item without an answer, each kind of no answer, and bad sheets.
func (k *kit) sweep() {
	k.complete()
	k.alone()
	k.unanswered()
	k.notApplicable()
	k.byPosition()
	k.badAnswers()
	k.badSheets()
}

// fill answers every item by a rule.
func (k *kit) fill(answer func(i int, it item) int) paper {
	var p paper
	for i, it := range k.inst.items {
		p = append(p, entry{it.code, number(answer(i, it))})
	}
	return p
}

func (k *kit) lowest() paper {
	return k.fill(func(_ int, it item) int { return it.answers()[0] })
}

func (k *kit) highest() paper {
	return k.fill(func(_ int, it item) int { return it.answers()[len(it.answers())-1] })
}

// mixed is a complete sheet without a pattern that a mistake could hide in.
func (k *kit) mixed(seed int) paper {
	state := uint32(seed)*2654435761 + 1
	return k.fill(func(_ int, it item) int {
		for range 3 { // xorshift
			state ^= state << 13
			state ^= state >> 17
			state ^= state << 5
		}
		a := it.answers()
		return a[int(state>>8)%len(a)]
	})
}

// sheet sends a paper by item; EQ-5D names all of its value sets.
func (k *kit) sheet(p paper) sheet { return sheet{paper: p, valueSets: k.inst.sets} }

func (k *kit) whole(name string, p paper) { k.scored(name, k.sheet(p), p) }

func (k *kit) complete() {
	k.whole("complete, every item at its lowest", k.lowest())
	k.whole("complete, every item at its highest", k.highest())
	for seed := 1; seed <= 6; seed++ {
		k.whole(fmt.Sprintf("complete, mixed %d", seed), k.mixed(seed))
	}
	backwards := k.mixed(1)
	slices.Reverse(backwards)
	k.whole("complete, items in reverse order", backwards)
	s := k.sheet(k.mixed(2))
	s.version = "1"
	k.scored("complete, version named", s, s.paper)
}

// alone shows to which scales an item belongs and which way round.
func (k *kit) alone() {
	if len(k.inst.items) == 1 {
		return
	}
	low, high := k.lowest(), k.highest()
	for _, it := range k.inst.items {
		k.whole(it.name()+" alone at its highest", low.with(it.code, high.reply(it.code)))
		k.whole(it.name()+" alone at its lowest", high.with(it.code, low.reply(it.code)))
	}
}

// unanswered leaves out each item alone, in each way that a sheet can say so.
func (k *kit) unanswered() {
	base := k.mixed(3)
	kinds := []struct{ word, reply string }{{"declined", declined}, {"unreadable", unreadable}, {"not asked", notAsked}}
	for i, it := range k.inst.items {
		k.whole(it.name()+" blank", base.with(it.code, blank))
		k.whole(it.name()+" not mentioned", base.without(it.code))
		kind := kinds[i%len(kinds)]
		k.whole(it.name()+" "+kind.word, base.with(it.code, kind.reply))
	}
	for _, kind := range append(kinds, struct{ word, reply string }{"blank", blank}) {
		k.whole("every item "+kind.word, base.withAll(codes(k.inst.items), kind.reply))
	}
	k.whole("no item mentioned", paper{})
	for _, it := range k.inst.items {
		if len(k.inst.items) > 1 {
			k.whole("only "+it.name()+" answered", paper{{it.code, base.reply(it.code)}})
		}
	}
}

// notApplicable marks each item alone: some take it, elsewhere it is an error.
func (k *kit) notApplicable() {
	base := k.mixed(4)
	for i, it := range k.inst.items {
		p := base.with(it.code, notApplicable)
		if it.mayNotApply {
			k.whole(it.name()+" not applicable", p)
			continue
		}
		k.refused(it.name()+" cannot be not applicable", k.sheet(p), problem{fmt.Sprintf("answers[%d].value", i), "NOT_APPLICABLE_NOT_ALLOWED"})
	}
}

// byPosition sends the same sheets as lists.
func (k *kit) byPosition() {
	send := func(name string, p paper, layout string) {
		s := k.sheet(p)
		s.positional, s.layout = true, layout
		k.scored(name, s, p)
	}
	base := k.mixed(5)
	send("by position, layout named", base, k.inst.layout)
	send("by position, all blank", base.withAll(codes(k.inst.items), blank), k.inst.layout)
	if !k.inst.named {
		send("by position, the only layout not named", base, "")
	}
	first := k.inst.items[0].code
	for _, reply := range []string{declined, unreadable, notAsked} {
		send("by position, first item "+reply, base.with(first, reply), k.inst.layout)
	}
	if !k.inst.named { // orders does it for each of several layouts
		for _, it := range k.inst.items {
			send("by position, "+it.name()+" blank", base.with(it.code, blank), k.inst.layout)
		}
	}
}

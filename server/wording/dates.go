package wording

import "time"

// Date turns a date (YYYY-MM-DD) into what the language expects to read. In
// Swedish that is the date as it stands; in English the month goes by its name,
// since 05-06 would be read as May in one country and as June in another.
// What is no date is given back as it is.
func (l Language) Date(iso string) string {
	if l == Swedish {
		return iso
	}
	date, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return iso
	}
	return date.Format("2 Jan 2006")
}

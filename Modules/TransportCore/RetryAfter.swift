#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// The `Retry-After` field: seconds, or a date (RFC 9110, section 10.2.3).
enum RetryAfter {
    /// How long to wait, or `nil` where the field says nothing sensible.
    /// - Parameter date: the `Date` field of the same response, so that a clock that is wrong here does no harm.
    static func parse(_ text: String, date: String?) -> Duration? {
        let trimmed = text.trimmingSpaces()
        if !trimmed.isEmpty, trimmed.utf8.allSatisfy({ (48...57).contains($0) }) {
            return .seconds(min(Int64(trimmed) ?? .max, 1_000_000_000))
        }
        guard let until = HTTPDate.parse(trimmed) else { return nil }
        let from = date.flatMap(HTTPDate.parse) ?? Int64(time(nil))
        return .seconds(min(max(0, until - from), 1_000_000_000))
    }
}

/// The dates of HTTP (RFC 9110, section 5.6.7), in seconds since 1970.
enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Reads the preferred form and the two obsolete ones.
    static func parse(_ text: String) -> Int64? {
        let words = text.split { " ,".contains($0) }.map(String.init)
        switch words.count {
        // Sun, 06 Nov 1994 08:49:37 GMT
        case 6 where words[5] == "GMT":
            return seconds(day: words[1], month: words[2], year: words[3], time: words[4])
        // Sun Nov  6 08:49:37 1994
        case 5:
            return seconds(day: words[2], month: words[1], year: words[4], time: words[3])
        // Sunday, 06-Nov-94 08:49:37 GMT
        case 4 where words[3] == "GMT":
            let parts = words[1].split(separator: "-").map(String.init)
            guard parts.count == 3, let short = Int(parts[2]), (0...99).contains(short) else { return nil }
            return seconds(day: parts[0], month: parts[1], year: String(short < 70 ? 2000 + short : 1900 + short), time: words[2])
        default:
            return nil
        }
    }

    private static func seconds(day: String, month: String, year: String, time: String) -> Int64? {
        let clock = time.split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) ?? -1 }
        guard let day = Int64(day), (1...31).contains(day), let year = Int64(year), (1601...9999).contains(year),
            let month = months.firstIndex(of: month), clock.count == 3,
            (0...23).contains(clock[0]), (0...59).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        // Days since 1970 in the Gregorian calendar, counting years from March so that the leap day comes last.
        let shifted = month < 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * Int64((month + 10) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        return days * 86_400 + clock[0] * 3_600 + clock[1] * 60 + clock[2]
    }
}

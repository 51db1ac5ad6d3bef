import Testing

@testable import TransportCore

@Suite struct RetryAfterTests {
    private static let date = "Sun, 06 Nov 1994 08:49:37 GMT"

    @Test(
        "a number means seconds",
        arguments: [
            ("0", Duration.zero), ("120", .seconds(120)), (" 7\t", .seconds(7)), ("007", .seconds(7)),
            // Nobody waits longer than thirty years, however many digits there are.
            ("99999999999", .seconds(1_000_000_000)), ("99999999999999999999999999", .seconds(1_000_000_000)),
        ]
    )
    func seconds(text: String, expected: Duration) {
        #expect(RetryAfter.parse(text, date: nil) == expected)
    }

    @Test(
        "each of the three forms of a date means the time from the Date field on",
        arguments: ["Sun, 06 Nov 1994 08:49:57 GMT", "Sunday, 06-Nov-94 08:49:57 GMT", "Sun Nov  6 08:49:57 1994"]
    )
    func dates(text: String) {
        #expect(RetryAfter.parse(text, date: Self.date) == .seconds(20))
        #expect(RetryAfter.parse(text, date: "Sunday, 06-Nov-94 08:49:37 GMT") == .seconds(20))
        #expect(RetryAfter.parse(text, date: "Sun Nov  6 08:49:37 1994") == .seconds(20))
    }

    @Test("a date in the past means no wait")
    func past() {
        #expect(RetryAfter.parse("Sun, 06 Nov 1994 08:49:36 GMT", date: Self.date) == .zero)
        // Without a sound Date field the clock here counts, which is long past 1994.
        #expect(RetryAfter.parse(Self.date, date: nil) == .zero)
        #expect(RetryAfter.parse(Self.date, date: "yesterday") == .zero)
    }

    @Test("a date in the far future means the longest wait, not an overflow")
    func farFuture() {
        #expect(RetryAfter.parse("Fri, 31 Dec 9999 23:59:59 GMT", date: Self.date) == .seconds(1_000_000_000))
    }

    @Test(
        "what is neither means nothing",
        arguments: [
            "", " ", "-1", "+1", "1.5", "1e3", "soon", "12 s", "١٢", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
            "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 1994 08:x:49:37 GMT", "Sun, 06 Nov 1000000000000000000000 08:49:37 GMT",
            "Sunday, 06-Nov-1994 08:49:37 GMT", "Sunday, 06-Nov 08:49:37 GMT", "Sun Nov 6 08:49:37", "Sun, 06 Nov 1994 -8:49:37 GMT",
        ]
    )
    func nonsense(text: String) {
        #expect(RetryAfter.parse(text, date: Self.date) == nil)
    }

    @Test(
        "dates are seconds since 1970 by the Gregorian calendar",
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
            ("Wed, 01 Mar 2000 00:00:00 GMT", 951_868_800), ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
            ("Fri, 31 Dec 1999 23:59:60 GMT", 946_684_800), ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
            ("Sat, 01 Jan 1601 00:00:00 GMT", -11_644_473_600),
            ("Thursday, 01-Jan-70 00:00:00 GMT", 0), ("Friday, 01-Jan-99 00:00:00 GMT", 915_148_800),
            ("Tuesday, 01-Jan-69 00:00:00 GMT", 3_124_224_000),
        ]
    )
    func calendar(text: String, expected: Int64) {
        #expect(HTTPDate.parse(text) == expected)
    }
}

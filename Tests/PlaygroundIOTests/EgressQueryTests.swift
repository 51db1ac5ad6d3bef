import HTTPTypes
import Testing

@testable import PlaygroundIO

@Suite struct EgressQueryTests {
    private func query(_ text: String) throws(HTTPRefusal) -> EgressQuery {
        try EgressQuery(Substring(text), longestWait: .seconds(300), mostRecords: 1_000)
    }

    @Test(
        "a query says how long to wait and how many to take",
        arguments: [
            ("", Duration.zero, nil as Int?), ("wait=10s", .seconds(10), nil), ("wait=5+min", .seconds(300), nil),
            ("wait=5%20min&max=7", .seconds(300), 7), ("max=1000", .zero, 1_000), ("max=1&wait=250", .milliseconds(250), 1),
            ("&wait=0&", .zero, nil),
        ]
    )
    func reads(text: String, wait: Duration, max: Int?) throws {
        let query = try query(text)
        #expect(query.wait == wait)
        #expect(query.max == max)
    }

    @Test(
        "what means nothing says what to write",
        arguments: [
            ("wait=301s", "wait is longer than 5 min; wait so long at most, and ask again"),
            ("wait=-1s", "wait: a duration has no sign: '-1s'; write a whole number and a unit, such as 30 s, 2 min or 500 ms"),
            ("wait", "wait: the duration is empty; write a whole number and a unit, such as 30 s, 2 min or 500 ms"),
            ("max=0", "max is '0'; write a whole number from 1 to 1000"),
            ("max=1001", "max is '1001'; write a whole number from 1 to 1000"),
            ("max=-1", "max is '-1'; write a whole number from 1 to 1000"),
            ("wiat=1s", "the query knows no 'wiat'; write 'wait'"),
            ("topic=a", "the query knows no 'topic'; write ?wait=10s, ?max=100 or both"),
            ("max=1&max=2", "the query has 'max' twice; write it once"),
            ("wait=%zz", "the query is not percent-encoded UTF-8; write it as ?wait=10s&max=100"),
        ]
    )
    func refuses(text: String, sentence: String) {
        do throws(HTTPRefusal) {
            _ = try query(text)
            Issue.record("'\(text)' was read")
        } catch {
            #expect(error.status == .badRequest)
            #expect(error.message == sentence)
        }
    }
}

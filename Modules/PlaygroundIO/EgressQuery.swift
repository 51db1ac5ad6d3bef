internal import HTTPTypes
internal import TransportCore

/// What a taker asks for: `?wait=10s&max=100`.
struct EgressQuery: Equatable {
    /// How long to wait for the first record.
    var wait = Duration.zero
    /// How many to take at most; `nil` for one, handed out as it is instead of in a list.
    var max: Int?

    /// - Parameters:
    ///   - query: what stands after the question mark of a target.
    ///   - longestWait: a longer one is refused.
    ///   - mostRecords: more are refused.
    /// - Throws: ``HTTPRefusal`` for everything that means nothing here.
    init(_ query: Substring, longestWait: Duration, mostRecords: Int) throws(HTTPRefusal) {
        var seen: Set<String> = []
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(parts[0], plusIsSpace: true),
                let value = PercentEncoding.decode(parts.count > 1 ? parts[1] : parts[0].prefix(0), plusIsSpace: true)
            else {
                throw HTTPRefusal(.badRequest, "the query is not percent-encoded UTF-8; write it as ?wait=10s&max=100")
            }
            guard seen.insert(name).inserted else {
                throw HTTPRefusal(.badRequest, "the query has '\(name.prefix(80))' twice; write it once")
            }
            switch name {
            case "wait": wait = try Self.wait(value, longest: longestWait)
            case "max": max = try Self.max(value, most: mostRecords)
            default:
                let remedy = NearestName.of(name, among: ["wait", "max"]).map { "write '\($0)'" } ?? "write ?wait=10s, ?max=100 or both"
                throw HTTPRefusal(.badRequest, "the query knows no '\(name.prefix(80))'; \(remedy)")
            }
        }
    }

    private static func wait(_ text: String, longest: Duration) throws(HTTPRefusal) -> Duration {
        let wait: Duration
        do throws(SpecTextError) {
            wait = try DurationText.parse(text)
        } catch {
            throw HTTPRefusal(.badRequest, "wait: \(error.message); \(error.remedy)")
        }
        guard wait <= longest else {
            throw HTTPRefusal(.badRequest, "wait is longer than \(DurationText.format(longest)); wait so long at most, and ask again")
        }
        return wait
    }

    private static func max(_ text: String, most: Int) throws(HTTPRefusal) -> Int {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text), (1...most).contains(number) else {
            throw HTTPRefusal(.badRequest, "max is '\(text.prefix(80))'; write a whole number from 1 to \(most)")
        }
        return number
    }
}

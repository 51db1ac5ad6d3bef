import SpecParser
import TransportCore

/// Makes modules at random, the same ones for the same seed.
struct ModuleGenerator {
    private var state: UInt64
    private let nowhere = SourcePosition(line: 1, column: 1)

    init(seed: UInt64) {
        self.state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
    }

    mutating func components() -> [ModuleComponent<TestTarget, TestURL>] {
        (0...number(below: 6)).compactMap { _ in
            number(below: 3) == 0 ? other() : endpoint()
        }
    }

    /// A printed module in which some places were changed at random.
    mutating func damagedText() -> String {
        var scalars = Array(ModulePrinter().print(components()).unicodeScalars)
        for _ in 0...number(below: 8) {
            let place = number(below: scalars.count + 1)
            switch number(below: 4) {
            case 0: scalars.removeSubrange(place..<min(scalars.count, place + number(below: 12)))
            case 1: scalars.insert(contentsOf: scalars[place..<min(scalars.count, place + number(below: 80))], at: place)
            default: scalars.insert(contentsOf: text().unicodeScalars, at: place)
            }
        }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }

    private mutating func other() -> ModuleComponent<TestTarget, TestURL>? {
        let kind = chance(2) ? ComponentKind.all[2 + number(below: 6)] : "com.example/\(number(below: 100))"
        return .other(OtherComponent(kind: Located(kind, at: nowhere), spec: mapping(depth: 4), position: nowhere))
    }

    private mutating func endpoint() -> ModuleComponent<TestTarget, TestURL>? {
        guard let target = try? TestTarget(specText: "com.example/\(number(below: 1000))\(text().filter { $0 != "!" })"),
            let url = try? TestURL(specText: "https://example.com/\(text())")
        else { return nil }
        let version = EndpointVersion.allCases[number(below: 3)]
        var type = EndpointDefaults.transportType
        var keys: [SpecNode.Entry] = []
        switch version {
        case .v1, .legacy:
            if chance(2) {
                keys.append(SpecNode.Entry(key: "timeouts", keyPosition: nowhere, value: value(depth: 3)))
            }
        case .v2:
            keys = mapping(depth: 3).entries.filter { $0.key != "type" }
            if chance(2) {
                type = Setting("com.example/transport\(number(below: 9))", from: .line(file: "module.yaml", nowhere))
                keys.insert(
                    SpecNode.Entry(key: "type", keyPosition: nowhere, value: SpecNode(.scalar(type.value), at: nowhere)),
                    at: number(below: keys.count + 1)
                )
            }
        }
        return .endpoint(
            HTTPEndpointSpec(
                version: version,
                targets: Located(target, at: nowhere),
                urlPathTemplate: Located(url, at: nowhere),
                maxNumBatchRequests: chance(2)
                    ? EndpointDefaults.maxNumBatchRequests
                    : Setting(number(below: 5000) - 100, from: .line(file: "module.yaml", nowhere)),
                transportType: type,
                transport: TransportProperties(file: "module.yaml", node: SpecNode(.mapping(keys), at: nowhere)),
                position: nowhere
            )
        )
    }

    private mutating func value(depth: Int) -> SpecNode {
        switch number(below: depth > 0 ? 6 : 4) {
        case 0: SpecNode(.null, at: nowhere)
        case 1...3: SpecNode(.scalar(text()), at: nowhere)
        case 4: SpecNode(.sequence((0..<number(below: 4)).map { _ in value(depth: depth - 1) }), at: nowhere)
        default: mapping(depth: depth - 1)
        }
    }

    private mutating func mapping(depth: Int) -> SpecNode {
        var seen: Set<String> = []
        var entries: [SpecNode.Entry] = []
        for _ in 0..<number(below: 5) {
            let key = chance(3) ? text() : "key\(number(below: 50))"
            if seen.insert(key).inserted {
                entries.append(SpecNode.Entry(key: key, keyPosition: nowhere, value: value(depth: depth)))
            }
        }
        return SpecNode(.mapping(entries), at: nowhere)
    }

    private mutating func text() -> String {
        let pieces = [
            "a", "B7", " ", "  ", ":", ": ", "#", " #", "-", "- ", "?", "*", "&x", "!", "|", ">", "'", "\"", "\\", "%", "@", "`", "{", "}",
            "[", "]",
            ",", "\n", "\t", "\r\n", "null", "~", "true", "1_0", "${A}", "${HOME:-x}", "$", "${", "<<", "---", "...", "é", "\u{301}",
            "\u{1F600}", "\u{85}",
            "\u{2028}", "\u{0}", "\u{FEFF}", "\u{10F000}", "/", "_", "=",
        ]
        return (0..<number(below: 7)).map { _ in pieces[number(below: pieces.count)] }.joined()
    }

    private mutating func chance(_ one: Int) -> Bool {
        number(below: one) == 0
    }

    /// SplitMix64.
    private mutating func number(below bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }
}

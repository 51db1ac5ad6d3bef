import TestSupport
import Testing

@Suite struct SeededRandomTests {
    @Test("the published sequence of SplitMix64 comes out")
    func knownValues() {
        var random = SeededRandom(seed: 1_234_567)
        let values = (0..<5).map { _ in random.next() }
        #expect(
            values == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ]
        )
    }

    @Test("the same seed says the same, another one something else")
    func seeds() {
        func numbers(_ seed: UInt64) -> [Int] {
            var random = SeededRandom(seed: seed)
            return (0..<20).map { _ in Int.random(in: 0..<1000, using: &random) }
        }
        #expect(numbers(7) == numbers(7))
        #expect(numbers(7) != numbers(8))
    }
}

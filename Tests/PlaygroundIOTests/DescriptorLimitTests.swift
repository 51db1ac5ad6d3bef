import Testing

@testable import PlaygroundIO

@Suite struct DescriptorLimitTests {
    @Test("connections leave descriptors to others")
    func lowering() {
        #expect(DescriptorLimit.lowering(1) == 1)
        #expect(DescriptorLimit.lowering(.max) < .max)
    }
}

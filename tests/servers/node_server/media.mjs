/** The smallest files that a player takes for a video, a sound or a model. */

/**
 * @typedef {object} Medium
 * @property {string} contentType
 * @property {Buffer} bytes
 */

const MP3_FRAMES = 8;
// One frame of silence: MPEG-1 layer 3, 128 kbit/s, 44.1 kHz.
const MP3_FRAME = Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x64]), Buffer.alloc(413)]);

/** @type {Map<string, Medium>} */
export const MEDIA = new Map([
    ["mp4", { contentType: "video/mp4", bytes: encodeMp4() }],
    ["mp3", { contentType: "audio/mpeg", bytes: Buffer.concat(Array(MP3_FRAMES).fill(MP3_FRAME)) }],
    ["glb", { contentType: "model/gltf-binary", bytes: encodeGlb() }],
]);

/**
 * Encodes an MP4 file of one video, five seconds at 1280 x 720, with a sample of eight bytes.
 *
 * @returns {Buffer}
 */
function encodeMp4() {
    const trackHead = Buffer.alloc(84);
    trackHead.writeUInt32BE(5000, 20);
    writeMatrix(trackHead, 40);
    trackHead.writeUInt32BE(1280 << 16, 76);
    trackHead.writeUInt32BE(720 << 16, 80);
    const sizes = Buffer.alloc(12);
    sizes.writeUInt32BE(8, 4);
    sizes.writeUInt32BE(1, 8);
    const handler = Buffer.concat([Buffer.alloc(8), Buffer.from("vide", "latin1"), Buffer.alloc(13)]);
    const table = encodeBox("minf", encodeBox("stbl", encodeBox("stsz", sizes)));
    const media = [encodeBox("mdhd", encodeTimes(24)), encodeBox("hdlr", handler), table];
    const movieHead = encodeTimes(100);
    writeMatrix(movieHead, 36);
    const track = Buffer.concat([encodeBox("tkhd", trackHead), encodeBox("mdia", Buffer.concat(media))]);
    const movie = [encodeBox("mvhd", movieHead), encodeBox("trak", track)];
    return Buffer.concat([
        encodeBox("ftyp", Buffer.from("isom\x00\x00\x02\x00isommp42", "latin1")),
        encodeBox("moov", Buffer.concat(movie)),
        encodeBox("mdat", Buffer.alloc(8)),
    ]);
}

/**
 * Encodes a head with a duration of five seconds, in milliseconds.
 *
 * @param {number} size
 * @returns {Buffer}
 */
function encodeTimes(size) {
    const head = Buffer.alloc(size);
    head.writeUInt32BE(1000, 12);
    head.writeUInt32BE(5000, 16);
    return head;
}

/**
 * Writes the matrix that leaves a picture as it is.
 *
 * @param {Buffer} head
 * @param {number} offset
 */
function writeMatrix(head, offset) {
    [0x00010000, 0x00010000, 0x40000000].forEach((value, index) => head.writeUInt32BE(value, offset + 16 * index));
}

/**
 * Encodes one box of an MP4 file.
 *
 * @param {string} type
 * @param {Buffer} content
 * @returns {Buffer}
 */
function encodeBox(type, content) {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(8 + content.length);
    head.write(type, 4, "latin1");
    return Buffer.concat([head, content]);
}

/**
 * Encodes an empty scene as a binary glTF file.
 *
 * @returns {Buffer}
 */
function encodeGlb() {
    const scene = JSON.stringify({ asset: { version: "2.0" }, scenes: [{}], scene: 0 });
    const content = Buffer.from(scene.padEnd(4 * Math.ceil(scene.length / 4)), "latin1");
    const head = Buffer.alloc(20);
    head.write("glTF", 0, "latin1");
    head.writeUInt32LE(2, 4);
    head.writeUInt32LE(head.length + content.length, 8);
    head.writeUInt32LE(content.length, 12);
    head.write("JSON", 16, "latin1");
    return Buffer.concat([head, content]);
}

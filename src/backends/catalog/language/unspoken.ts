import { wordSet } from './phrases.ts';

/** A language that is known, and not spoken. */
export interface Unspoken {
  /** Letters that only it, or hardly another, is written with. */
  readonly script?: RegExp;
  /** Folded words by which it is known. */
  readonly words: ReadonlySet<string>;
  /** In it: which languages are spoken. */
  readonly sentence: string;
}

/** The likeliest of a script comes first. */
export const unspoken: readonly Unspoken[] = [
  {
    script: /[іїєґ]/iu,
    words: wordSet('-'),
    sentence:
      'Вибачте, тут я розмовляю лише англійською, німецькою, французькою, іспанською, італійською та нідерландською.',
  },
  {
    script: /\p{Script=Cyrillic}{2}/u,
    words: wordSet('-'),
    sentence:
      'Извините, здесь я говорю только по-английски, по-немецки, по-французски, по-испански, по-итальянски и по-нидерландски.',
  },
  {
    script: /[\u3040-\u30ff]/,
    words: wordSet('-'),
    sentence:
      '申し訳ありません。ここでは英語、ドイツ語、フランス語、スペイン語、イタリア語、オランダ語のみお答えできます。',
  },
  {
    script: /\p{Script=Hangul}/u,
    words: wordSet('-'),
    sentence: '죄송합니다. 여기서는 영어, 독일어, 프랑스어, 스페인어, 이탈리아어, 네덜란드어로만 답할 수 있습니다.',
  },
  {
    script: /\p{Script=Han}/u,
    words: wordSet('-'),
    sentence: '抱歉，这里我只会说英语、德语、法语、西班牙语、意大利语和荷兰语。',
  },
  {
    script: /\p{Script=Arabic}{2}/u,
    words: wordSet('-'),
    sentence: 'عذرًا، أتحدث هنا الإنجليزية والألمانية والفرنسية والإسبانية والإيطالية والهولندية فقط.',
  },
  {
    script: /\p{Script=Hebrew}{2}/u,
    words: wordSet('-'),
    sentence: 'מצטערים, כאן אני מדבר רק אנגלית, גרמנית, צרפתית, ספרדית, איטלקית והולנדית.',
  },
  {
    script: /\p{Script=Greek}{3}/u,
    words: wordSet('-'),
    sentence: 'Λυπάμαι, εδώ μιλώ μόνο αγγλικά, γερμανικά, γαλλικά, ισπανικά, ιταλικά και ολλανδικά.',
  },
  {
    words: wordSet(
      'voce voces tem uma um nao sao estou procurando procuro obrigado obrigada ola quanto custa isso esta qual quais com para meu minha tamanho bom dia tarde eu gostaria quero loja preto vermelho azul barato mais em',
    ),
    sentence: 'Desculpe, aqui só falo inglês, alemão, francês, espanhol, italiano e neerlandês.',
  },
  {
    words: wordSet(
      'czy macie jest dzien dobry szukam ile kosztuje prosze dziekuje w rozmiarze dla mnie nie tak jaki jaka jakie kurtka kurtke bluza czarny niebieska sklep wysylka',
    ),
    sentence: 'Przepraszam, tutaj mówię tylko po angielsku, niemiecku, francusku, hiszpańsku, włosku i niderlandzku.',
  },
  {
    words: wordSet(
      'har ni jag soker finns det hej vad kostar tack storlek en ett och ar inte for min med pa svart bla vill kopa ha',
    ),
    sentence: 'Tyvärr talar jag bara engelska, tyska, franska, spanska, italienska och nederländska här.',
  },
  {
    words: wordSet(
      'har i jeg soger leder efter findes hej hvad koster tak storrelse et og er ikke til min med pa sort blaa vil gerne kobe det',
    ),
    sentence: 'Beklager, her taler jeg kun engelsk, tysk, fransk, spansk, italiensk og nederlandsk.',
  },
  {
    words: wordSet(
      'onko teilla minka hintainen paljonko maksaa etsin hei kiitos koko ja ei on tama musta sininen haluan ostaa mita kuinka',
    ),
    sentence: 'Valitettavasti puhun täällä vain englantia, saksaa, ranskaa, espanjaa, italiaa ja hollantia.',
  },
  {
    words: wordSet(
      'mate mam hledam kolik stoji dobry den dekuji prosim velikost a je ne pro cerny modra chci koupit jaky jaka nejaky',
    ),
    sentence: 'Omlouvám se, zde mluvím jen anglicky, německy, francouzsky, španělsky, italsky a nizozemsky.',
  },
  {
    words: wordSet(
      'var mi merhaba ne kadar bu bir icin istiyorum ariyorum tesekkurler beden siyah mavi fiyati nedir kac ve degil stokta',
    ),
    sentence:
      'Üzgünüm, burada yalnızca İngilizce, Almanca, Fransızca, İspanyolca, İtalyanca ve Felemenkçe konuşuyorum.',
  },
  {
    words: wordSet(
      'van nincs mennyibe kerul keresek szia jo napot kerek koszonom meret egy ez az es nem fekete kek szeretnek milyen',
    ),
    sentence: 'Sajnos itt csak angolul, németül, franciául, spanyolul, olaszul és hollandul beszélek.',
  },
  {
    words: wordSet(
      'aveti buna caut cat costa multumesc marime pentru un o si nu este acest negru albastru vreau sa cumpar ce',
    ),
    sentence: 'Îmi pare rău, aici vorbesc doar engleză, germană, franceză, spaniolă, italiană și neerlandeză.',
  },
];

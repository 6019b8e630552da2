import { type Country, names, places } from './country.ts';

/*
 * No range of numbers is kept for fiction in these countries: the numbers below lie where none is
 * given out, because no subscriber's number begins with 0.
 */

export const TURKEY: Country = {
  code: 'TR',
  spellings: ['TR', 'Türkiye', 'Turkey', 'tr'],
  locale: 'tr-TR',
  timezone: 'Europe/Istanbul',
  currency: 'TRY',
  unitsPerEuro: 40,
  women: names('İpek|Işıl|Ayşe Gül|Şule|Çiğdem|ELİF'),
  men: names('İbrahim|Işık|Oğuzhan|Çağrı|ılgaz|Ümit'),
  families: names('Yıldırım|Şahin|Çelik|Öztürk|IŞIK|İnönü|Kılıç'),
  places: places(
    'İstanbul;İstanbul;34435,34710',
    'IĞDIR;-;76000',
    'Diyarbakır;Güneydoğu Anadolu;21100',
    'İzmir;-;35210',
  ),
  streets: ['İstiklâl Cad. No: ##/#', 'Bağdat Caddesi ###', 'Çınar Sk. #'],
  phones: ['+90 212 000 00 ##', '0212 000 00 ##', '0(312) 000 00 ##', '00902320000###'],
  birthdays: ['D.M.Y', 'D/M/Y', 'Y-M-D'],
};

export const EMIRATES: Country = {
  code: 'AE',
  spellings: ['AE', 'United Arab Emirates', 'الإمارات العربية المتحدة', 'ae', 'UAE'],
  locale: 'ar-AE',
  timezone: 'Asia/Dubai',
  currency: 'AED',
  unitsPerEuro: 4,
  women: names('فاطمة/fatima|مريم/maryam|نور/noor|عائشة/aisha|ليلى/layla'),
  men: names('محمد/mohammed|عبد الله/abdullah|خالد/khalid|يوسف/yousef|أحمد/ahmed'),
  families: names('المنصوري/almansoori|الهاشمي/alhashimi|حدّاد/haddad|بن سعيد/binsaeed'),
  places: places('دبي;دبي;00000', 'أبوظبي;-;00000', 'Sharjah;الشارقة;00000'),
  streets: ['شارع الشيخ زايد ##', 'شارع الكورنيش #', 'Villa ##, Al Wasl Rd'],
  phones: ['+971 4 000 00##', '04 000 00##', '0097120000###'],
  birthdays: ['Y-M-D', 'D/M/Y', 'Y/M/D'],
};

export const JAPAN: Country = {
  code: 'JP',
  spellings: ['JP', '日本', 'Japan', 'jp', 'JPN'],
  locale: 'ja-JP',
  timezone: 'Asia/Tokyo',
  currency: 'JPY',
  unitsPerEuro: 160,
  women: names('さくら/sakura|美咲/misaki|陽菜/hina|ヒナタ/hinata|由美子/yumiko'),
  men: names('太郎/taro|翔太/shota|健一/kenichi|ﾀｶｼ/takashi|蓮/ren'),
  families: names('佐藤/sato|鈴木/suzuki|髙橋/takahashi|渡邉/watanabe|伊藤/ito|ヤマダ/yamada'),
  places: places(
    '渋谷区;東京都;150-0001,〒150-0043',
    '大阪市;大阪府;530-0001',
    '札幌市;北海道;０６０－０００１',
    'Yokohama;Kanagawa;2310001',
  ),
  streets: ['神宮前#-#-##', '梅田1-#-#', '北1条西#丁目', '#-## Minatomirai'],
  phones: [
    '090-0000-0###',
    '+81 90 0000 0###',
    '03-0000-0###',
    '+8130000####',
    '０３－００００－０００１',
  ],
  birthdays: ['Y/M/D', 'Y年M月D日', 'Y-M-D', 'YMD'],
};

export const KOREA: Country = {
  code: 'KR',
  spellings: ['KR', '대한민국', 'South Korea', 'kr', 'KOR'],
  locale: 'ko-KR',
  timezone: 'Asia/Seoul',
  currency: 'KRW',
  unitsPerEuro: 1500,
  women: names('서연/seoyeon|지우/jiwoo|하은/haeun|민서/minseo|수빈/subin'),
  men: names('민준/minjun|도윤/doyun|현우/hyunwoo|준서/junseo|정/jeong'),
  families: names('김/kim|이/lee|박/park|최/choi|정/jeong|남궁/namgung'),
  places: places(
    '서울특별시;-;04524,06236',
    '부산광역시;부산;48058',
    '수원시;경기도;16488',
    'Jeju;제주특별자치도;63122',
  ),
  streets: ['테헤란로 1##', '세종대로 ##길 #', '해운대로 ##'],
  phones: ['010-0000-0###', '+82 10 0000 0###', '02-000-0###', '+82 (0)2 000 0###'],
  birthdays: ['Y.M.D', 'Y-M-D', 'YMD'],
};
